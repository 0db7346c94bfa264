"""The application that serves the page: to whom, with which headers, at which addresses, and how often it looks."""

from __future__ import annotations

import asyncio
import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import fastapi
import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette

from homecoming.connection.interrupts import CancellationToken
from homecoming.monitoring import status_app
from homecoming.monitoring.health import judge
from homecoming.monitoring.page import content_security_policy
from homecoming.monitoring.snapshot import Snapshot
from homecoming.monitoring.web.access import is_loopback
from homecoming.monitoring.web.application import judged_now, judged_offline, make_app
from homecoming.monitoring.web.shared_snapshot import Judged, SharedSnapshot
from tests.support import command, snapshots
from tests.support.snapshots import DRIFTED, HEALTHY, UNREACHABLE

TOKEN = "um-token-bem-longo-é"
HERE = "http://127.0.0.1:8008"
_Result = TypeVar("_Result")


def judged(snapshot: Snapshot) -> Judged:
    return Judged(snapshot, judge(snapshot))


class Looks:
    """Looks that are made up: how many there were, and what they see."""

    def __init__(self, snapshot: Snapshot = HEALTHY) -> None:
        self.snapshot = snapshot
        self.count = 0
        self.cancellations: list[CancellationToken] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def look(self, cancellation: CancellationToken) -> Judged:
        self.count += 1
        self.cancellations.append(cancellation)
        assert self.go_on.wait(command.WITHIN)
        return judged(self.snapshot)

    def offline(self, _seconds: float) -> Judged:
        return judged(UNREACHABLE)

    def app(self, **limits: float) -> Starlette:
        return make_app(SharedSnapshot(self.look, self.offline, **limits))


@pytest.fixture
def looks() -> Iterator[Looks]:
    made = Looks()
    yield made
    made.go_on.set()


def ask(
    app: Any, *requests: dict[str, Any], client: str = "127.0.0.1", url: str = HERE, root: str = ""
) -> list[httpx.Response]:
    """Send requests at the same time, as from an address to the one in the URL."""

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app, client=(client, 4711), root_path=root)
        async with httpx.AsyncClient(transport=transport, base_url=url) as asking:
            return await asyncio.gather(
                *(asking.request(**({"method": "GET", "url": "/"} | request)) for request in requests)
            )

    return asyncio.run(all_of_them())


def get(app: Any, path: str = "/", **options: Any) -> httpx.Response:
    where = {name: options.pop(name) for name in ("client", "url", "root") if name in options}
    return ask(app, {"url": path, **options}, **where)[0]


def basic(password: str, user: str = "quem") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


# Addresses


def test_the_page_health_and_metrics(looks: Looks) -> None:
    app = looks.app()
    page, health, metrics = ask(app, {"url": "/"}, {"url": "/health"}, {"url": "/metrics"})
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "<h1" in page.text
    assert (health.status_code, health.headers["content-type"]) == (200, "application/json")
    assert health.json()["healthy"] is True
    assert (metrics.status_code, metrics.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert any(family.name == "painel_healthy" for family in text_string_to_metric_families(metrics.text))
    assert looks.count == 1


@pytest.mark.parametrize(("snapshot", "code"), [(HEALTHY, 200), (DRIFTED, 503), (UNREACHABLE, 503)])
def test_health_tells_by_its_code(snapshot: Snapshot, code: int) -> None:
    page, health, metrics = ask(Looks(snapshot).app(), {"url": "/"}, {"url": "/health"}, {"url": "/metrics"})
    assert (page.status_code, health.status_code, metrics.status_code) == (200, code, 200)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/", "/health", "/metrics"])
def test_it_is_read_only(looks: Looks, method: str, path: str) -> None:
    answer = get(looks.app(), path, method=method)
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD"})
    assert looks.count == 0


def test_head_and_what_is_not_there(looks: Looks) -> None:
    app = looks.app()
    assert get(app, "/", method="HEAD").status_code == 200
    assert get(app, "/nothing").status_code == 404
    assert get(app, "/../health/").status_code in (404, 307)


@pytest.mark.parametrize(
    ("headers", "path", "word"),
    [
        ({}, "/", "Healthy"),
        ({"Accept-Language": "pt-PT,en;q=0.5"}, "/", "Saudável"),
        ({"Accept-Language": "pt"}, "/?lang=en", "Healthy"),
        ({}, "/?lang=pt-BR", "Saudável"),
        ({"Accept-Language": "pt"}, "/?lang=%3Cscript%3E", "Healthy"),
    ],
)
def test_the_language(looks: Looks, headers: dict[str, str], path: str, word: str) -> None:
    text = get(looks.app(), path, headers=headers).text
    assert f"</span>{word}</h1>" in text


@pytest.mark.parametrize("prefix", ["/status", "/a/b/status"])
def test_it_is_mounted_under_any_prefix(looks: Looks, prefix: str) -> None:
    outer = fastapi.FastAPI()
    outer.mount(prefix, looks.app())
    for root in ("", "/proxied"):
        # A server whose root path is set puts it before the path of every request.
        page = get(outer, f"{root}{prefix}/", root=root)
        assert (page.status_code, 'href="health"' in page.text) == (200, True)
        assert get(outer, f"{root}{prefix}/health", root=root).status_code == 200
        led = get(outer, f"{root}{prefix}", root=root)
        assert (led.status_code, led.headers["location"].endswith(f"{prefix}/")) == (307, True)
        assert page.headers["content-security-policy"]
        assert "content-security-policy" not in get(outer, "/openapi.json").headers, (
            "the outer application's are its own"
        )


# Headers


@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/nothing"])
@pytest.mark.parametrize("client", ["127.0.0.1", "192.0.2.1"])
def test_every_answer_is_kept_where_it_is(looks: Looks, path: str, client: str) -> None:
    headers = get(looks.app(), path, client=client).headers
    assert headers["content-security-policy"] == content_security_policy()
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert headers["cross-origin-resource-policy"] == "same-origin"


# Who may see it


@pytest.mark.parametrize("url", [HERE, "http://[::1]:8008", "http://127.9.9.9"])
@pytest.mark.parametrize("client", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_without_a_token_this_machine_sees_it(looks: Looks, url: str, client: str) -> None:
    assert get(looks.app(), url=url, client=client).status_code == 200


@pytest.mark.parametrize(
    "request_",
    [
        {"client": "192.0.2.1"},
        {"client": "::ffff:192.0.2.1"},
        {"url": "http://192.0.2.7:8008"},
        {"url": "http://evil.example"},
        {"headers": {"Host": "evil.example:8008"}},
        {"headers": {"Host": "127.0.0.1.evil.example"}},
        {"headers": {"Host": "localhost.evil.example"}},
        {"headers": {"Host": ""}},
        *({"headers": {name: "192.0.2.1"}} for name in (
            *("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Via"),
            *("CF-Connecting-IP", "True-Client-IP", "X-Client-IP", "X-Envoy-External-Address"),
        )),
    ],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/health", "/metrics", "/nothing"])
def test_without_a_token_nobody_else_does(looks: Looks, request_: dict[str, Any], path: str) -> None:
    answer = get(looks.app(), path, **request_)
    assert answer.status_code == 403
    assert answer.text == (
        "This page is shown only to the machine it runs on. Set MIGRATION_STATUS_TOKEN where it runs; then log in with "
        "any user and the token as the password, or send it as a bearer token.\n"
    )
    assert looks.count == 0


LOCAL = ("127.0.0.1", 8008)


@pytest.mark.parametrize(
    ("version", "server", "client", "status"),
    [
        ("1.1", LOCAL, LOCAL, 200),
        # A server at a socket of files is no loopback.
        ("1.1", ("/run/painel.sock", None), None, 403),
        # nginx, which speaks for others and adds no header.
        ("1.0", LOCAL, LOCAL, 403),
    ],
)
def test_who_asks_by_the_connection_itself(
    looks: Looks, version: str, server: object, client: object, status: int
) -> None:
    async def asked() -> int:
        sent: list[Any] = []
        scope = {
            "type": "http", "method": "GET", "path": "/", "root_path": "", "query_string": b"", "scheme": "http",
            "headers": [(b"host", b"localhost")], "server": server, "client": client, "http_version": version,
        }  # fmt: skip

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        await looks.app()(scope, receive, send)
        return int(sent[0]["status"])

    assert asyncio.run(asked()) == status


@pytest.mark.parametrize("where", ["127.0.0.1", "192.0.2.1"])
def test_with_a_token_whoever_has_it_sees_it(looks: Looks, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_STATUS_TOKEN", TOKEN)
    app, url = looks.app(), "https://painel.example"
    bearer: dict[str, Any] = {"Authorization": f"Bearer {TOKEN}".encode()}
    for shown in (bearer, basic(TOKEN), basic(TOKEN, user=""), basic(TOKEN, user="João")):
        headers = {**shown, "X-Forwarded-For": "192.0.2.9"}
        assert get(app, headers=headers, client=where, url=url).status_code == 200


@pytest.mark.parametrize("token", ["chave-olà", "Åland"])
def test_a_token_may_begin_and_end_in_any_letter(looks: Looks, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for letters in (token, token[::-1]):
        monkeypatch.setenv("MIGRATION_STATUS_TOKEN", letters)
        bearer: dict[str, Any] = {"Authorization": f"Bearer {letters}".encode()}
        assert get(looks.app(), headers=bearer).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer another"},
        {"Authorization": TOKEN.encode()},
        {"Authorization": f"Digest {TOKEN}".encode()},
        {"Authorization": "Basic ???"},
        {"Authorization": "Basic " + base64.b64encode(b"no colon").decode()},
        {"Authorization": "Basic " + base64.b64encode(b"\xff:\xff").decode()},
        basic("another"),
        basic(""),
        basic(TOKEN[:-1]),
        basic("x", user=TOKEN),
    ],
    ids=str,
)
def test_with_a_token_nobody_else_does(looks: Looks, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_STATUS_TOKEN", TOKEN)
    for path in ("/", "/health", "/metrics", "/nothing", f"/?token={TOKEN}"):
        answer = get(looks.app(), path, headers={**headers, "Accept-Language": "pt"})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="PainelUniversal", charset="UTF-8"'
        assert answer.text == (
            "Entre com qualquer usuário e MIGRATION_STATUS_TOKEN como senha, ou envie-o como bearer token.\n"
        )
    assert looks.count == 0


@pytest.mark.parametrize(
    ("address", "loopback"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("192.0.2.1", False), ("::", False), ("localhost", False),
     ("", False), ("10.0.0.1", False)],
)  # fmt: skip
def test_what_loopback_is(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


# How often it looks


def test_a_hundred_viewers_cost_one_look(looks: Looks) -> None:
    looks.go_on.clear()
    threading.Timer(0.3, looks.go_on.set).start()
    answers = ask(looks.app(), *[{"url": path} for path in ("/", "/health", "/metrics", "/") * 25])
    assert {answer.status_code for answer in answers} == {200}
    assert looks.count == 1


def test_a_look_is_kept_for_a_while(looks: Looks) -> None:
    app = looks.app(fresh=0.4)
    get(app)
    get(app)
    assert looks.count == 1
    time.sleep(0.5)
    get(app)
    assert looks.count == 2


def test_a_look_that_hangs_holds_up_nothing_else(looks: Looks) -> None:
    """Who waits for it is told after a while that there is no answer; the loop goes on meanwhile; the look is ended."""
    looks.go_on.clear()
    app = looks.app(timeout=0.5, fresh=0.0)

    async def asked() -> tuple[httpx.Response, int]:
        transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url=HERE) as asking:
            waiting = asyncio.create_task(asking.get("/"))
            turns = 0
            while not waiting.done():
                await asyncio.sleep(0.01)
                turns += 1
            return await waiting, turns

    answer, turns = asyncio.run(asked())
    assert "Not reachable" in answer.text
    assert turns > 5
    assert looks.cancellations[0].cancelled.is_set()
    assert looks.count == 1
    looks.go_on.set()
    deadline = time.monotonic() + command.WITHIN
    while "Healthy" not in get(app).text:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_whoever_goes_away_takes_the_look_from_nobody(looks: Looks) -> None:
    looks.go_on.clear()
    shared = SharedSnapshot(looks.look, looks.offline)

    async def asked() -> Judged:
        gone, stays = asyncio.create_task(shared.now()), asyncio.create_task(shared.now())
        await asyncio.sleep(0.05)
        gone.cancel()
        looks.go_on.set()
        return await stays

    assert asyncio.run(asked()).snapshot is HEALTHY
    assert looks.count == 1


# What is wrong is said, never raised


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"DATABASE_URL": "mysql://u:canario-secreto@h/d"}, "neither PostgreSQL nor SQLite"),
        ({"DATABASE_URL": "canario-secreto"}, "DATABASE_URL is not a database URL"),
        ({"MIGRATION_LOCK_WAIT": "canario-secreto"}, "MIGRATION_LOCK_WAIT is not a number of seconds"),
    ],
)
def test_a_configuration_that_cannot_be_followed(
    variables: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    app = make_app()
    page, health, metrics = ask(app, {"url": "/"}, {"url": "/health"}, {"url": "/metrics"})
    assert (page.status_code, health.status_code, metrics.status_code) == (200, 503, 200)
    assert said in page.text
    assert said in health.json()["checks"][0]["what"]
    assert "canario-secreto" not in page.text + health.text + metrics.text


def test_a_file_of_settings_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"MIGRATION_STATUS_TOKEN=\xff\xfe")
    assert ".env cannot be read" in get(make_app()).text
    assert get(make_app(), client="192.0.2.1").status_code == 403


def test_what_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    def look(*_: object) -> Snapshot:
        raise RuntimeError("a row's canario-secreto")

    monkeypatch.setattr("homecoming.monitoring.take_snapshot.take_snapshot", look)
    page, health = ask(make_app(), {"url": "/"}, {"url": "/health"})
    assert "Unexpected error: RuntimeError" in page.text
    assert "canario" not in page.text + health.text
    assert judged_now().snapshot.problem is not None


def test_what_nobody_foresaw_where_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Snapshot:
        raise RuntimeError("a row's canario-secreto")

    monkeypatch.setattr("homecoming.monitoring.take_snapshot.offline_snapshot", fails)
    judged = judged_offline(12.0)
    assert judged.snapshot.problem is not None
    assert "canario" not in str(judged)


def test_what_is_known_where_nobody_answers() -> None:
    """Its name, and what the journal keeps; and that it has not answered."""
    problem = judged_offline(12.0).snapshot.problem
    assert problem is not None
    assert (problem.what, problem.exit_code) == ("the database has not answered within 12 seconds", 3)


def test_no_canary_is_told() -> None:
    planted = Looks(snapshots.with_canaries())
    page, health = ask(planted.app(), {"url": "/"}, {"url": "/health"})
    told = page.text + health.text
    assert [canary for canary in snapshots.CANARIES if canary in told] == []
    assert json.loads(health.text)["checks"]


# The import


def test_the_import_is_cheap_and_reads_no_variable() -> None:
    code = (
        "import sys, painel_migrations.monitoring as m; early = {'starlette', 'mako', 'uvicorn'} & set(sys.modules);"
        "from painel_migrations.monitoring import status_app;"
        "print(sorted(early), callable(status_app), hasattr(m, 'x'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=command.environment("not a URL", MIGRATION_LOCK_WAIT="never"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[] True False\n"
    assert callable(status_app)
