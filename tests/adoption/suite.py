"""What an installation has to do, run by its own interpreter: `python suite.py URL...` prints one JSON object.

Real things only, in one process, since each start costs a second: every verb on every database, the hook, the page.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.metadata
import io
import json
import os
import sys
from collections.abc import MutableMapping
from typing import Any

import painel_migrations  # noqa: F401  names the project, and with it the loggers
from homecoming import cli
from painel_migrations.auto_migrate import run_auto_migration

# In this order: a damaged database to head, back, and there again by the hook.
ON_A_DATABASE: tuple[tuple[str, ...], ...] = (
    ("upgrade", "--plan"),
    ("upgrade",),
    ("verify",),
    ("downgrade", "0017"),
    ("hook",),
    ("verify",),
    ("status",),
    ("health",),
    ("history",),
    ("metrics",),
    ("dashboard", "--static", "status.html"),
    ("repair",),
)

ON_NONE: tuple[tuple[str, ...], ...] = (
    ("sql",),
    ("sql-rollback", "--to", "0017"),
    ("sql-verify",),
    ("check",),
    ("archive", "application", "--apply", "--redact"),
)


def ran(arguments: tuple[str, ...]) -> dict[str, Any]:
    """Run a verb and return its exit code, the hash of its standard output, and what it said of an error."""
    if arguments == ("hook",):
        return {"code": 0 if run_auto_migration() else 6}
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(arguments)
        out.flush()
    said = out.buffer.getvalue()
    return {"code": code, "sha256": hashlib.sha256(said).hexdigest(), "err": err.getvalue()[-600:]}


def page() -> dict[str, Any]:
    """Mount the status page in an application, ask for it as a server would, and return what is answered."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    from homecoming.monitoring import status_app

    try:
        from fastapi import FastAPI
    except ImportError:
        outer: Any = Starlette(routes=[Mount("/status", status_app)])
    else:
        outer = FastAPI()
        outer.mount("/status", status_app)
    return {path: asyncio.run(asked(outer, f"/status/{path}")) for path in ("", "health", "metrics")}


async def asked(application: Any, path: str) -> int:
    """Return the status that an ASGI application answers with to a GET from this machine."""
    statuses: list[int] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
    }
    scope |= {"path": path, "raw_path": path.encode(), "root_path": "", "query_string": b""}
    scope |= {"headers": [(b"host", b"127.0.0.1")], "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 80)}
    await application(scope, receive, send)
    return statuses[0]


def main(urls: list[str]) -> dict[str, Any]:
    """Return what each verb did, by database; the page's answers; every package that is installed."""
    done: dict[str, Any] = {"databases": []}
    for url in urls:
        os.environ["DATABASE_URL"] = url
        done["databases"].append([(" ".join(verb), ran(verb)) for verb in ON_A_DATABASE])
    done["page"] = page()
    del os.environ["DATABASE_URL"]
    done["none"] = {" ".join(verb): ran(verb) for verb in ON_NONE}
    done["installed"] = {each.metadata["Name"].lower(): each.version for each in importlib.metadata.distributions()}
    return done


if __name__ == "__main__":
    result = main(sys.argv[1:])
    print(json.dumps(result))
