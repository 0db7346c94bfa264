"""The served page and visitors who begin a request and never end it."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from homecoming.monitoring.web import limits

SOON = 10.0
"""Seconds within which a machine that is busy gets to it."""

WHOLE = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
HALF = b"GET / HTTP/1.1\r\nHost: local"


async def _hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"oi"})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A served application that gives a request half a second, and takes eight connections."""
    monkeypatch.setattr(limits, "REQUEST_WITHIN", 0.5)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(200)
        config = uvicorn.Config(
            _hello, http=limits.limited_protocol(), lifespan="off", log_config=None, limit_concurrency=8
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def opened(port: int, data: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=SOON)
    connection.sendall(data)
    return connection


def is_closed(connection: socket.socket) -> bool:
    """Whether the other side closes it before long; what it still says is read."""
    try:
        while connection.recv(4096):
            pass
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize("begun", [b"", HALF, WHOLE + HALF], ids=["nothing", "half", "half of the second"])
def test_half_a_request_is_waited_for_no_longer(port: int, begun: bytes) -> None:
    with opened(port, begun) as connection:
        assert is_closed(connection)


def test_a_hundred_of_them_keep_nobody_out(port: int) -> None:
    with contextlib.ExitStack() as all_of_them:
        for _ in range(100):
            all_of_them.enter_context(opened(port, HALF))
        until = time.monotonic() + SOON
        answer = b""
        while b" 200 " not in answer and time.monotonic() < until:
            with opened(port, WHOLE) as visitor, contextlib.suppress(ConnectionResetError):
                answer = visitor.recv(4096)
            time.sleep(0.1)
        assert b" 200 " in answer


def test_who_asks_again_is_answered_again(port: int) -> None:
    with opened(port, WHOLE) as connection:
        for _ in range(5):
            answer = b""
            while not answer.endswith(b"oi"):
                answer += connection.recv(4096)
            assert b" 200 " in answer
            time.sleep(0.3)
            connection.sendall(WHOLE)
