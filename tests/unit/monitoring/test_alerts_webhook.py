"""A delivery: what is sent, how often, for how long, and that nothing is said of the address."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from homecoming.errors import UsageError
from homecoming.monitoring.alerts.webhook import LONGEST, Alert, Delivery, Limits, body, post, webhook
from tests.support import receiver
from tests.support.alerting import BRIEF, PATIENT, SECRET
from tests.support.receiver import Receiver, status
from tests.support.tls import OPENSSL, certificate

pytestmark = pytest.mark.usefixtures("no_proxy")

ALERT = Alert(
    cause="drift",
    severity="warning",
    status="firing",
    summary="The catalogue differs: <!channel> & @everyone",
    next="make verify",
    database="PostgreSQL painel on db.example:5432",
    revision="0021",
    head="0022",
    run="7a1c",
    at="2025-09-01T12:00:00+00:00",
    version="1.2",
)
LINES = (
    "[firing, warning] drift: The catalogue differs: <!channel> & @everyone\n"
    "Next: make verify\n"
    "Database: PostgreSQL painel on db.example:5432, at 0021, head 0022\n"
    "Run: 7a1c"
)

ENOUGH = 20.0
"""Seconds within which anything bounded has ended, on a machine that is busy with other things."""


def sent(url: str, limits: Limits = PATIENT, style: str = "json") -> Delivery:
    return post(webhook(url, style), ALERT, limits, time.monotonic() + limits.total)


@pytest.fixture(scope="module")
def hook() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.mark.parametrize("code", [200, 201, 204])
def test_what_is_answered_with_success_has_arrived(hook: Receiver, code: int) -> None:
    before = len(hook.received)
    hook.answer_with(status(code))
    assert sent(hook.url) == Delivery()
    (request,) = hook.received[before:]
    assert request.path == "/hook"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("painel-migrations/")
    assert "Authorization" not in request.headers
    assert request.json["cause"] == "drift"


def test_the_plain_body() -> None:
    assert json.loads(body(ALERT, "json")) == {
        "cause": "drift",
        "severity": "warning",
        "status": "firing",
        "summary": "The catalogue differs: <!channel> & @everyone",
        "next": "make verify",
        "database": "PostgreSQL painel on db.example:5432",
        "revision": "0021",
        "head": "0022",
        "run": "7a1c",
        "at": "2025-09-01T12:00:00+00:00",
        "version": "1.2",
    }


def test_the_body_for_slack_holds_no_markup() -> None:
    escaped = LINES.replace("<!channel> & @everyone", "&lt;!channel&gt; &amp; @everyone")
    assert json.loads(body(ALERT, "slack")) == {"text": escaped}


def test_the_body_for_discord_mentions_nobody() -> None:
    assert json.loads(body(ALERT, "discord")) == {"content": LINES, "allowed_mentions": {"parse": []}}


@pytest.mark.parametrize(("style", "key"), [("slack", "text"), ("discord", "content")])
def test_a_body_for_people_is_no_longer_than_a_service_takes(style: str, key: str) -> None:
    long = json.loads(body(replace(ALERT, summary="é" * 5000), style))[key]
    assert len(long) == LONGEST == 2000
    assert long.endswith("é…")


def test_a_body_for_people_says_only_what_is_known() -> None:
    over = replace(ALERT, status="resolved", summary="It is well", next="", revision=None, run=None)
    assert json.loads(body(over, "slack"))["text"] == (
        "[resolved, warning] drift: It is well\n"
        "Database: PostgreSQL painel on db.example:5432, at no revision known, head 0022"
    )


@pytest.mark.parametrize(
    ("url", "style"),
    [
        ("https://hooks.slack.com/services/T/B/x", "slack"),
        ("HTTPS://Hooks.Slack.com/services/T/B/x", "slack"),
        ("https://hooks.slack-gov.com/services/T/B/x", "slack"),
        ("https://discord.com/api/webhooks/1/x", "discord"),
        ("https://discordapp.com/api/webhooks/1/x", "discord"),
        ("https://ptb.discord.com/api/webhooks/1/x", "discord"),
        ("https://canary.discordapp.com/api/webhooks/1/x", "discord"),
        ("https://discord.com/other", "json"),
        ("https://hooks.slack.com.example/services/T/B/x", "json"),
        ("https://example.org/discord.com/api/webhooks/", "json"),
        ("http://[::1]:8080/", "json"),
    ],
)
def test_the_style_goes_by_the_address(url: str, style: str) -> None:
    assert webhook(url, "auto").style == style
    assert webhook(url, "AUTO").style == style


@pytest.mark.parametrize("style", ["slack", "Discord", "json"])
def test_a_style_can_be_forced(style: str) -> None:
    assert webhook("https://hooks.slack.com/x", style).style == style.lower()


@pytest.mark.parametrize(
    "url",
    [
        f"ftp://example.org/{SECRET}",
        f"file:///{SECRET}",
        f"hooks.slack.com/{SECRET}",
        f"https:///{SECRET}",
        f"https://[::1/{SECRET}",
        f"https://example.org:port/{SECRET}",
        f"https://example.org:0/{SECRET}",
        f"https://example.org:99999/{SECRET}",
        f"https://example.org/{SECRET} more",
        f"https://example.org/{SECRET}\x00",
        f"https://exämple.org/{SECRET}",
    ],
)
def test_what_is_no_address_is_refused_without_its_value(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        webhook(url, "auto")
    assert caught.value.what == "MIGRATION_ALERT_URL is no http or https URL"
    assert caught.value.todo == "Copy the webhook's address once more"


def test_an_unknown_style_is_refused_without_its_value() -> None:
    with pytest.raises(UsageError) as caught:
        webhook("https://example.org/", f"teams {SECRET}")
    assert caught.value.what == "MIGRATION_ALERT_STYLE is none of auto, slack, discord, json"
    assert caught.value.todo == "Unset, it goes by the address of the webhook"


def test_the_text_of_a_webhook_has_no_address() -> None:
    made = webhook(f"https://user:canary@example.org/{SECRET}", "auto")
    assert repr(made) == "Webhook(style='json')"


def test_a_user_in_the_address_becomes_a_header(hook: Receiver) -> None:
    hook.answer_with(status(200))
    url = f"http://alerta:se%40nha@127.0.0.1:{hook.port}/hook?a=1#b"
    assert sent(url) == Delivery()
    assert hook.received[-1].headers["Authorization"] == "Basic YWxlcnRhOnNlQG5oYQ=="
    assert hook.received[-1].headers["Host"] == f"127.0.0.1:{hook.port}"
    assert hook.received[-1].path == "/hook?a=1"


def test_a_server_that_fails_is_asked_again(hook: Receiver) -> None:
    before = len(hook.received)
    hook.answer_with(status(500), status(503), status(200))
    assert sent(hook.url) == Delivery()
    bodies = [request.body for request in hook.received[before:]]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_a_server_that_goes_on_failing_is_asked_three_times(hook: Receiver) -> None:
    before = len(hook.received)
    hook.answer_with(status(502))
    assert sent(hook.url).failure == "it answered 502"
    assert len(hook.received) - before == 3


@pytest.mark.parametrize("code", [400, 401, 403, 404, 410])
def test_a_server_that_refuses_is_asked_once(hook: Receiver, code: int) -> None:
    before = len(hook.received)
    hook.answer_with(status(code))
    assert sent(hook.url).failure == f"it answered {code}"
    assert len(hook.received) - before == 1


@pytest.mark.parametrize("asked", ["0.3", "3600", "inf"])
def test_a_server_that_asks_for_time_gets_some(hook: Receiver, asked: str) -> None:
    before, began = len(hook.received), time.monotonic()
    hook.answer_with(status(429, Retry_After=asked), status(204))
    assert sent(hook.url, replace(PATIENT, retry_after=0.3)) == Delivery()
    assert 0.3 <= time.monotonic() - began < ENOUGH
    assert len(hook.received) - before == 2


@pytest.mark.parametrize("asked", ["soon", "nan", "-5", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_server_that_asks_for_nothing_that_can_be_given_is_asked_again(hook: Receiver, asked: str) -> None:
    before = len(hook.received)
    hook.answer_with(status(429, Retry_After=asked), status(204))
    assert sent(hook.url) == Delivery()
    assert len(hook.received) - before == 2


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_leads_nowhere(hook: Receiver, code: int) -> None:
    with Receiver() as other:
        before = len(hook.received)
        hook.answer_with(status(code, Location=other.url))
        assert sent(hook.url).failure == f"it answered {code}"
        assert len(hook.received) - before == 1
        assert other.received == []


def test_a_connection_that_is_closed_is_tried_again(hook: Receiver) -> None:
    before = len(hook.received)
    hook.answer_with(receiver.close)
    assert sent(hook.url).failure == "the connection was closed without an answer"
    assert len(hook.received) - before == 3
    hook.answer_with(receiver.close, status(200))
    assert sent(hook.url) == Delivery()


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server((receiver.LOOPBACK, 0)) as door:
        port = door.getsockname()[1]
    assert sent(f"http://127.0.0.1:{port}/{SECRET}").failure == "the connection is refused"


@pytest.mark.parametrize("stalled", [receiver.stall_before_headers, receiver.stall_in_headers, receiver.trickle])
def test_a_server_that_stalls_is_left_behind_in_time(stalled: receiver.Answer) -> None:
    with Receiver(stalled) as hook:
        began = time.monotonic()
        assert sent(hook.url, BRIEF).failure == "no answer in time"
        assert BRIEF.attempt <= time.monotonic() - began < ENOUGH
        assert len(hook.received) <= 3
        # Nobody goes on waiting, in a process that lives on, for a server that still trickles.
        _wait_until(lambda: not any(thread.name == "alert" for thread in threading.enumerate()))


def test_a_server_that_stalled_is_asked_again() -> None:
    with Receiver(receiver.stall_before_headers, status(200)) as hook:
        assert sent(hook.url, replace(PATIENT, attempt=1.0)) == Delivery()
        assert len(hook.received) >= 2


def test_a_server_that_stalls_after_its_status_has_answered() -> None:
    with Receiver(receiver.stall_after_headers) as hook:
        began = time.monotonic()
        assert sent(hook.url) == Delivery()
        assert time.monotonic() - began < ENOUGH


def test_attempts_end_with_the_time_for_all_of_them() -> None:
    with Receiver(receiver.stall_before_headers) as hook:
        assert sent(hook.url, replace(BRIEF, total=0.5, attempts=50)).failure == "no answer in time"
        assert len(hook.received) <= 2
        assert post(webhook(hook.url, "json"), ALERT, BRIEF, time.monotonic() - 1) == Delivery("no answer in time")


def test_the_limits_that_are_promised() -> None:
    assert Limits() == Limits(attempt=4.0, total=10.0, attempts=3, pause=0.5, retry_after=2.0)


def test_a_proxy_of_the_environment_is_used(hook: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{hook.port}")
    hook.answer_with(status(200))
    assert sent("http://alerts.invalid/hook") == Delivery()
    assert hook.received[-1].path == "http://alerts.invalid/hook"


@pytest.mark.skipif(OPENSSL is None, reason="no openssl here, which makes the certificate")
def test_a_certificate_that_does_not_verify_is_not_tried_again(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))
    shaken: list[str] = []
    with socket.create_server((receiver.LOOPBACK, 0)) as door:

        def serve() -> None:
            client, _ = door.accept()
            with client, pytest.raises(ssl.SSLError), context.wrap_socket(client, server_side=True):
                pass
            shaken.append("once")

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://localhost:{door.getsockname()[1]}/{SECRET}"
        # The name may mean ::1 too, where nobody listens.
        assert sent(url).failure == "its certificate does not verify"
        thread.join()
    assert shaken == ["once"]


def _wait_until(so: object) -> None:
    assert callable(so)
    deadline = time.monotonic() + ENOUGH
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.01)
