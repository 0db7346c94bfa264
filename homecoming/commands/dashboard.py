"""`make dashboard`: the status page served on this machine, or written into one file."""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import socket
from pathlib import Path
from typing import Any

from homecoming.connection.interrupts import CancellationToken, Interrupted
from homecoming.errors import UsageError, why
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.monitoring.web.access import is_loopback
from homecoming.monitoring.web.limits import MOST_CONNECTIONS, limited_protocol
from homecoming.project import logger_name
from homecoming.settings import STATUS_TOKEN, read_settings, read_status_token

log = get_logger("monitoring")

HOST = "127.0.0.1"
PORT = 8008


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("--host", default=HOST, help=tr("where to listen (%(default)s); elsewhere, with a token"))
    parser.add_argument("--port", default=str(PORT), help=tr("at which port (%(default)s)"))
    parser.add_argument("--static", metavar="FILE", help=tr("write the page into FILE, and serve nothing"))


def run(given: argparse.Namespace, cancellation: CancellationToken) -> int:
    """Serve the page, or write it."""
    return serve(given.host, given.port) if given.static is None else write_file(given.static, cancellation)


def serve(host: str = HOST, port: str = str(PORT)) -> int:
    """Serve the page until Ctrl-C or SIGTERM. Returns 0.

    Arguments: ``host``, where to listen: a name or an address; ``port``, 0 for any that is free.
    Errors: UsageError where it cannot listen there, or where others than this machine would need no token.
    """
    family, place = _place(host, _port(port))
    if not is_loopback(place[0]) and read_status_token() is None:
        raise UsageError(
            tr("at {host} the page would be open to whoever reaches it", host=host),
            tr("Set {name}, which it then asks for, or leave HOST out", name=STATUS_TOKEN),
        )
    import uvicorn

    from homecoming.monitoring.web.application import status_app

    with _listening(family, place) as listener:
        config = uvicorn.Config(
            status_app,
            loop="asyncio",
            http=limited_protocol(),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            # Whoever waits for a look is not waited for.
            timeout_graceful_shutdown=0,
            limit_concurrency=MOST_CONNECTIONS,
        )
        address, bound = listener.getsockname()[:2]
        # A blank after the address, so that whoever marks it to copy gets no more.
        whose = (
            tr("with {name}", name=STATUS_TOKEN)
            if read_status_token()
            else tr("this machine alone; a proxy needs {name}", name=STATUS_TOKEN)
        )
        name = f"[{address}]" if ":" in address else address
        log.info("The page: http://%s:%s (%s; Ctrl-C ends it)", name, bound, whose)
        # From here on the page says what there is to say: of every look, and of every request that is none.
        logging.getLogger(logger_name()).setLevel(logging.ERROR)
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        # uvicorn ends by the signal it got, which raises Interrupted: that is how a server is meant to end.
        with contextlib.suppress(Interrupted):
            uvicorn.Server(config).run(sockets=[listener])
    return 0


def write_file(path: str, cancellation: CancellationToken | None = None) -> int:
    """Look once, and write the page into one file, whole or not at all. Returns 0, whatever it says.

    Errors: UsageError where it cannot be written, or where a variable cannot be followed.
    """
    from homecoming.monitoring.page import render_file
    from homecoming.monitoring.replaced_file import write
    from homecoming.monitoring.web.application import judged_now

    judged = judged_now(cancellation, read_settings())
    text = render_file(judged.snapshot, judged.checks).encode()
    try:
        write(Path(path), text)
    except OSError as error:
        raise UsageError(
            tr("{path} cannot be written: {why}", path=path, why=why(error)),
            tr("Name a file in a folder that is there and that this user may write to"),
        ) from None
    log.info("Written: %s (%.0f kB)", path, len(text) / 1000)
    return 0


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) < 65536):
        raise UsageError(tr("PORT is no port"), tr("Give a number from 1 to 65535; left out, it is {name}", name=PORT))
    return int(text)


def _place(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    """Return the first address of a host, as sockets have it."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (OSError, UnicodeError):
        raise UsageError(
            tr("{host} has no address", host=host or "HOST"),
            tr("Name this machine or an address of it, such as {name}", name=HOST),
        ) from None
    return family, place


def _listening(family: socket.AddressFamily, place: Any) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                tr("port {port} is in use", port=place[1]),
                tr("End what listens there, or take another: PORT={port}", port=place[1] % 65535 + 1),
            ) from None
        raise UsageError(
            tr(
                "{place} port {port} cannot be listened at: {why}",
                place=place[0],
                port=place[1],
                why=why(error),
            ),
            tr("Take another HOST or PORT"),
        ) from None
    return listener
