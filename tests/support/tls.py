"""TLS before a server that has none: the PostgreSQL programs of the wheel are built without it.

A front accepts a client's SSLRequest, shows a certificate that nobody has signed, and passes on in the clear what it
deciphers. To the client it is a server with TLS; what such a server says of a client without TLS is a rule of its
pg_hba.conf (`hostssl`), which needs no TLS.
"""

from __future__ import annotations

import contextlib
import select
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.proxy import LOOPBACK, READ

OPENSSL = shutil.which("openssl")
"""The program that makes certificates, or None where it is not installed; Python's own library cannot."""


def certificate(folder: Path, name: str = "localhost") -> tuple[Path, Path]:
    """Make a self-signed certificate for a host's `name` and its key, two files in `folder`."""
    assert OPENSSL is not None
    signed, key = folder / "server.crt", folder / "server.key"
    options = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = [OPENSSL, "req", *options, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(signed)], check=True, capture_output=True)
    return signed, key


class _Closing(ssl.SSLSocket):
    """Closes itself: one that is reset before its handshake begins is left open, and to nobody, by the ssl module."""

    def __del__(self) -> None:
        self.close()


class Front:
    """A front before the server at `port` of this machine: `with` starts and ends it; its own port is `port`."""

    def __init__(self, port: int, files: tuple[Path, Path]) -> None:
        self._target = port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.sslsocket_class = _Closing
        self._context.load_cert_chain(*files)
        self._door = socket.create_server((LOOPBACK, 0))
        self.port = int(self._door.getsockname()[1])
        self._handles: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._ending = False

    def __enter__(self) -> Front:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ending = True
        # Closing a socket wakes nobody who waits for it; a connection does.
        socket.create_connection((LOOPBACK, self.port)).close()
        self._threads[0].join()
        for handle in self._handles:
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()
        for thread in self._threads:
            thread.join()
        self._door.close()

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="tls")
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            client, _ = self._door.accept()
            if self._ending:
                client.close()
                return
            # The connection's own, to end it by: a TLS socket is one thread's only.
            self._handles.append(client.dup())
            self._run(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        # ssl.SSLError is an OSError: a client that does not trust the certificate goes away.
        with contextlib.suppress(OSError), client:
            # An SSLRequest; a client that sends another packet is not understood, and none does here.
            client.recv(8, socket.MSG_WAITALL)
            client.sendall(b"S")
            with (
                self._context.wrap_socket(client, server_side=True) as secured,
                socket.create_connection((LOOPBACK, self._target)) as server,
            ):
                _pass_on(secured, server)


def _pass_on(secured: ssl.SSLSocket, server: socket.socket) -> None:
    """Pass on what either says until one ends."""
    while True:
        # What is deciphered already makes no socket readable.
        ready = [secured] if secured.pending() else select.select([secured, server], [], [])[0]
        for source in ready:
            data = source.recv(READ)
            if not data:
                return
            (server if source is secured else secured).sendall(data)


@contextlib.contextmanager
def front(port: int, files: tuple[Path, Path]) -> Iterator[int]:
    """Give the port of a front before the server at `port`."""
    with Front(port, files) as started:
        yield started.port
