"""A webhook's other end: a real HTTP server that answers, stalls and fails as it is told, and keeps what it gets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = "127.0.0.1"

TRICKLE = 0.02
"""Seconds between two bytes of a server that trickles."""


@dataclass(frozen=True)
class Received:
    """A request: its path, as the request line has it, its headers, and its body."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.turn:
            self.server.received.append(Received(self.path, dict(self.headers), body))
            answers = self.server.answers
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
        answer(self)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.received: list[Received] = []
        self.answers: list[Answer] = [status(200)]
        self.turn = threading.Lock()
        self.released = threading.Event()

    def handle_error(self, *_arguments: object) -> None:
        """A client that went away is what these tests are about."""


Answer = Callable[[_Handler], None]
"""What a request is answered with."""


def status(code: int, **headers: str) -> Answer:
    """Answer with a status; headers are written with `_` for `-`."""

    def answer(handler: _Handler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def slowly(seconds: float) -> Answer:
    """Answer 200 after a while."""

    def answer(handler: _Handler) -> None:
        handler.server.released.wait(seconds)
        status(200)(handler)

    return answer


def close(handler: _Handler) -> None:
    """End the connection without an answer."""
    handler.close_connection = True


def stall_before_headers(handler: _Handler) -> None:
    """Say nothing at all."""
    _say(handler, b"")


def stall_in_headers(handler: _Handler) -> None:
    """Begin to answer, and say no more."""
    _say(handler, b"HTTP/1.1 200 OK\r\nX-Slow: ")


def stall_after_headers(handler: _Handler) -> None:
    """Promise a body that does not come."""
    _say(handler, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")


def trickle(handler: _Handler) -> None:
    """Send a header a byte at a time, without end: every read is answered, and none is enough."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.released.wait(TRICKLE):
        handler.wfile.write(b".")


def _say(handler: _Handler, said: bytes) -> None:
    handler.wfile.write(said)
    handler.server.released.wait()
    handler.close_connection = True


class Receiver:
    """The server: `with` starts and ends it. `answers` are given in turn, the last one for ever."""

    def __init__(self, *answers: Answer) -> None:
        self._server = _Server()
        if answers:
            self._server.answers = list(answers)
        # Ends are looked for that often: a test does not wait for it.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.released.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/hook"

    @property
    def received(self) -> list[Received]:
        """What was sent, first to last."""
        return list(self._server.received)

    def answer_with(self, *answers: Answer) -> None:
        """Answer so from now on."""
        self._server.answers = list(answers)
