"""An alert on its way to a webhook: the bodies of Slack, Discord and plain JSON, and the delivery, bounded in time.

The address of a webhook is its only password: no text here holds it, nor a part of it, nor what a library says of it.
"""

from __future__ import annotations

import base64
import contextlib
import functools
import http.client
import json
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from homecoming.discretion import shortened
from homecoming.errors import UsageError
from homecoming.language import localized, tr
from homecoming.project import project

if TYPE_CHECKING:
    import tenacity

FIRING = "firing"
RESOLVED = "resolved"
STATUSES = {FIRING: tr("firing"), RESOLVED: tr("resolved")}
_SEVERITIES = {"critical": tr("critical"), "warning": tr("warning")}

# Discord refuses more; Slack takes it, and nobody reads more.
LONGEST = 2000

_SILENT = tr("no answer in time")

_SLACK = ("hooks.slack.com", "hooks.slack-gov.com")
_DISCORD = ("discord.com", "discordapp.com")
_DISCORD_CLIENTS = ("", "ptb.", "canary.")


@dataclass(frozen=True)
class Alert:
    """What is told: the plain JSON body has these names.

    Attributes: ``cause``, for machines; ``severity``; ``status``, firing or resolved; ``summary`` and ``next``, a line
    of what and one of what to do; ``database`` without credentials; ``revision``, where it is, and ``head``; ``run``,
    its id in the log; ``at``, when it was told, ISO 8601; ``version`` of this project.
    """

    cause: str
    severity: str
    status: str
    summary: str
    next: str
    database: str
    revision: str | None
    head: str
    run: str | None
    at: str
    version: str


@dataclass(frozen=True)
class Limits:
    """How long a webhook may take, in seconds, and how often it is asked.

    Attributes: ``attempt``, for one, from the name's look-up to the status of the answer; ``total``, for all attempts
    of all alerts of one report, pauses included; ``attempts`` an alert; ``pause``, the longest between two, unless the
    answer asks for more, up to ``retry_after``.
    """

    attempt: float = 4.0
    total: float = 10.0
    attempts: int = 3
    pause: float = 0.5
    retry_after: float = 2.0


@dataclass(frozen=True)
class Webhook:
    """Where alerts go; its text has no part of the address."""

    url: str = field(repr=False)
    style: str
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class Delivery:
    """How an attempt ended: ``failure`` in a few words, empty where it arrived; whether it ``passes`` by itself."""

    failure: str = ""
    passes: bool = False
    retry_after: float = 0.0


def webhook(url: str, style: str) -> Webhook:
    """Make a webhook of what the settings say.

    Arguments: ``url``, http or https; ``style``, a name of ``STYLES``, or auto, which goes by the address.
    Errors: UsageError where either cannot be followed; its text holds neither.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(tr("MIGRATION_ALERT_URL is no http or https URL"), tr("Copy the webhook's address once more"))
    chosen = style.lower()
    if chosen == "auto":
        chosen = _style_of(parts)
    if chosen not in STYLES:
        raise UsageError(
            tr("MIGRATION_ALERT_STYLE is none of auto, slack, discord, json"),
            tr("Unset, it goes by the address of the webhook"),
        )
    # Discord turns away Python's own name.
    headers = {"Content-Type": "application/json", "User-Agent": f"{project().program}/{project().version}"}
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="")
    return Webhook(bare.geturl(), chosen, headers)


def body(alert: Alert, style: str) -> bytes:
    """Return what is sent: JSON in the form that a service takes."""
    return json.dumps(STYLES[style](alert)).encode()


def post(hook: Webhook, alert: Alert, limits: Limits, deadline: float) -> Delivery:
    """Send an alert, again where the failure may pass by itself.

    Arguments: ``deadline``, by the monotonic clock, after which nothing is waited for.
    Returns how the last attempt ended. Errors: none but the end of the command itself.
    """
    import tenacity

    def pause(state: tenacity.RetryCallState) -> float:
        assert state.outcome is not None
        delivery: Delivery = state.outcome.result()
        jitter = tenacity.wait_random(limits.pause / 2, limits.pause)
        return max(float(jitter(state)), min(delivery.retry_after, limits.retry_after))

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda delivery: delivery.passes),
        wait=pause,
        stop=tenacity.stop_after_attempt(limits.attempts)
        | tenacity.stop_before_delay(max(deadline - time.monotonic(), 0)),
        retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
    )
    data = body(alert, hook.style)
    delivery: Delivery = retrying(lambda: _attempt(hook, data, min(limits.attempt, deadline - time.monotonic())))
    return delivery


def _attempt(hook: Webhook, data: bytes, timeout: float) -> Delivery:
    """Send once, in a thread that can be left behind: neither a resolver nor a server that trickles can be bounded."""
    if timeout <= 0:
        return Delivery(_SILENT)
    results: list[Delivery] = []
    connections: list[http.client.HTTPConnection] = []
    arrived = threading.Event()

    def work() -> None:
        results.append(_sent(hook, data, timeout, connections))
        arrived.set()

    threading.Thread(target=work, name="alert", daemon=True).start()
    answered = False
    try:
        answered = arrived.wait(timeout)
    finally:
        if not answered:
            _cut(connections)
    # Not by what there is by now: a connection that was cut looks like the end of an answer.
    return results[0] if answered else Delivery(_SILENT, passes=True)


def _cut(connections: list[http.client.HTTPConnection]) -> None:
    """End what is left behind: in the application's process it would wait as long as the server likes."""
    for connection in connections:
        with contextlib.suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _sent(hook: Webhook, data: bytes, timeout: float, connections: list[http.client.HTTPConnection]) -> Delivery:
    request = urllib.request.Request(hook.url, data, dict(hook.headers), method="POST")
    try:
        # The status is the answer: the body is not read.
        _opener(connections).open(request, timeout=timeout).close()
    except urllib.error.HTTPError as answer:
        answer.close()
        return _answered(answer)
    except Exception as error:
        return _failed(error)
    return Delivery()


def _answered(answer: urllib.error.HTTPError) -> Delivery:
    passes = answer.code == http.HTTPStatus.TOO_MANY_REQUESTS or answer.code >= http.HTTPStatus.INTERNAL_SERVER_ERROR
    try:
        retry_after = float(answer.headers.get("Retry-After", "0"))
    except ValueError:
        # A date: the usual pause has to do.
        retry_after = 0.0
    return Delivery(tr("it answered {code}", code=answer.code), passes, retry_after if retry_after > 0 else 0.0)


# What a failure is called, by its class: a library's own text may repeat the address.
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (ssl.SSLCertVerificationError, tr("its certificate does not verify")),
    (TimeoutError, _SILENT),
    (ConnectionRefusedError, tr("the connection is refused")),
    (http.client.RemoteDisconnected, tr("the connection was closed without an answer")),
    (socket.gaierror, tr("its name is not found")),
)


def _failed(error: Exception) -> Delivery:
    if isinstance(error, urllib.error.URLError) and isinstance(error.reason, Exception):
        error = error.reason
    said = next((said for kind, said in _FAILURES if isinstance(error, kind)), type(error).__name__)
    passes = isinstance(error, OSError | http.client.HTTPException)
    return Delivery(said, passes and not isinstance(error, ssl.SSLCertVerificationError))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Another host is another webhook: nobody named it."""

    def redirect_request(self, *_arguments: Any) -> None:
        return None


def _opener(connections: list[http.client.HTTPConnection]) -> urllib.request.OpenerDirector:
    """Return what opens a request, by the environment's proxies; it notes the connections it makes."""

    def noted(kind: Callable[..., http.client.HTTPConnection], *arguments: Any, **options: Any) -> Any:
        connections.append(kind(*arguments, **options))
        return connections[-1]

    class Plain(urllib.request.HTTPHandler):
        def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            return self.do_open(functools.partial(noted, http.client.HTTPConnection), req)

    class Encrypted(urllib.request.HTTPSHandler):
        def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
            verifying = functools.partial(http.client.HTTPSConnection, context=ssl.create_default_context())
            return self.do_open(functools.partial(noted, verifying), req)

    return urllib.request.build_opener(_NoRedirect, Plain, Encrypted)


def _style_of(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if host in _SLACK:
        return "slack"
    discord = {client + name for client in _DISCORD_CLIENTS for name in _DISCORD}
    if host in discord and parts.path.startswith("/api/webhooks/"):
        return "discord"
    return "json"


def _lines(alert: Alert) -> str:
    """The alert for people, in any chat."""
    status, severity = STATUSES[alert.status], _SEVERITIES[alert.severity]
    told = tr("{cause}: {summary}", cause=alert.cause, summary=alert.summary)
    lines = [tr("[{status}, {severity}] {told}", status=status, severity=severity, told=told)]
    lines += [tr("Next: {todo}", todo=alert.next)] if alert.next else []
    where = {"database": alert.database, "head": alert.head}
    lines.append(
        tr("Database: {database}, at {revision}, head {head}", revision=alert.revision, **where)
        if alert.revision
        else tr("Database: {database}, at no revision known, head {head}", **where)
    )
    lines += [tr("Run: {run}", run=alert.run)] if alert.run else []
    return "\n".join(map(localized, lines))


def _slack(alert: Alert) -> dict[str, Any]:
    # Its markup begins with these three: a name with them could mention a channel.
    text = shortened(_lines(alert), LONGEST)
    return {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}


def _discord(alert: Alert) -> dict[str, Any]:
    # Without it a name with @everyone calls everyone.
    return {"content": shortened(_lines(alert), LONGEST), "allowed_mentions": {"parse": []}}


STYLES: Mapping[str, Callable[[Alert], dict[str, Any]]] = {"slack": _slack, "discord": _discord, "json": asdict}
