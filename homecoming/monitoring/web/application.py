"""The status page as an ASGI application: the page, `/health` and `/metrics`. Read only; `access.py` says for whom.

It is mounted under any prefix: its links are relative to an address that ends in a slash, and one without is led there.
Variables are read when somebody asks, never at the import; a configuration that cannot be followed is said on the page.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from homecoming.errors import HomecomingError, UsageError, unexpected
from homecoming.extras import MissingExtraError, need
from homecoming.language import localized, mark, tr
from homecoming.monitoring.page import content_security_policy, render
from homecoming.monitoring.page.texts import chosen, language
from homecoming.monitoring.snapshot import Problem, Snapshot
from homecoming.monitoring.web.access import has_token, is_local
from homecoming.monitoring.web.shared_snapshot import Judged, SharedSnapshot
from homecoming.project import project
from homecoming.settings import Settings, read_settings, read_status_token
from homecoming.terminal import as_json

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from homecoming.connection.interrupts import CancellationToken

ONLY_HERE = mark(
    "This page is shown only to the machine it runs on. Set MIGRATION_STATUS_TOKEN where it runs; then log in with any "
    "user and the token as the password, or send it as a bearer token."
)
LOG_IN = mark("Log in with any user and MIGRATION_STATUS_TOKEN as the password, or send it as a bearer token.")

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def judged_now(cancellation: CancellationToken | None = None, settings: Settings | None = None) -> Judged:
    """Look at the database, and judge what is seen. Never raises: what goes wrong is what is seen.

    Arguments: ``cancellation``, which ends the look; ``settings``, those of the environment where they are not given.
    """
    from homecoming.monitoring.health import judge
    from homecoming.monitoring.take_snapshot import take_snapshot

    try:
        snapshot = take_snapshot(settings or read_settings(), cancellation)
        return Judged(snapshot, judge(snapshot))
    except Exception as error:
        return _problem(error)


def judged_offline(seconds: float) -> Judged:
    """Return what is known of a database that has not answered for so many seconds."""
    from homecoming.monitoring.health import judge
    from homecoming.monitoring.take_snapshot import offline_snapshot

    why = Problem(
        tr("the database has not answered within {seconds:g} seconds", seconds=seconds),
        tr("See why, step by step: make doctor"),
        exit_code=3,
    )
    try:
        snapshot = offline_snapshot(read_settings(), why)
        return Judged(snapshot, judge(snapshot))
    except Exception as error:
        return _problem(error)


def _problem(error: Exception) -> Judged:
    """Return the judgement of a database of which not even the name is known."""
    from homecoming.monitoring.health import judge

    if not isinstance(error, HomecomingError):
        error = unexpected(error, tr("See it with make health, and report it"))
    snapshot = Snapshot(datetime.now(UTC), database="", dialect="", head="", problem=Problem.of(error))
    return Judged(snapshot, judge(snapshot))


class _Guard:
    """Lets in who may see the page, and gives every answer the headers that keep it where it is."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = content_security_policy()
                headers["X-Content-Type-Options"] = "nosniff"
                headers["X-Frame-Options"] = "DENY"
                headers["Referrer-Policy"] = "no-referrer"
                headers["Cross-Origin-Resource-Policy"] = "same-origin"
                headers["Cache-Control"] = "no-store"
            await send(message)

        await (_refusal(scope) or self.app)(scope, receive, send_guarded)


def _refusal(scope: Scope) -> Response | None:
    """Return what is answered to whoever may not see the page."""
    headers = Headers(scope=scope)
    say = language(chosen(headers.get("accept-language", "")))
    try:
        token = read_status_token()
    except UsageError:
        # Then there is nothing to see but this: for this machine alone.
        token = None
    if token is None:
        return None if is_local(scope, headers) else PlainTextResponse(f"{say(ONLY_HERE)}\n", 403)
    if has_token(headers, token):
        return None
    ask = {"WWW-Authenticate": f'Basic realm="{project().name}", charset="UTF-8"'}
    return PlainTextResponse(f"{say(LOG_IN)}\n", 401, ask)


def make_app(shared: SharedSnapshot | None = None) -> Starlette:
    """Return the application; ``shared`` looks for it."""
    shared = shared or SharedSnapshot(judged_now, judged_offline)

    async def page(request: Request) -> Response:
        judged = await shared.now()
        code = request.query_params.get("lang") or chosen(request.headers.get("accept-language", ""))
        text = await run_in_threadpool(render, judged.snapshot, judged.checks, code)
        return Response(text, media_type="text/html")

    async def health(_request: Request) -> Response:
        from homecoming.monitoring.health import document, healthy

        judged = await shared.now()
        text = as_json(document(judged.snapshot, judged.checks), indent=2)
        return Response(f"{text}\n", 200 if healthy(judged.checks) else 503, media_type="application/json")

    async def metrics(_request: Request) -> Response:
        try:
            need("metrics", "/metrics")
        except MissingExtraError as error:
            return PlainTextResponse(f"{localized(error.what)}\n{localized(error.todo)}\n", 501)
        from homecoming.monitoring.metrics import exposition

        judged = await shared.now()
        text = await run_in_threadpool(exposition, judged.snapshot, judged.checks)
        return Response(text, headers={"Content-Type": METRICS_TYPE})

    routes = [Route("/", page), Route("/health", health), Route("/metrics", metrics)]
    return Starlette(routes=routes, middleware=[Middleware(_Guard)])


status_app = make_app()
