"""A TCP proxy of ours before a real server, which strikes at a moment of one's choice.

It follows PostgreSQL's protocol (version 3) far enough to count messages: the packets before the log-in (SSLRequest,
GSSENCRequest, CancelRequest, the start-up packet) have no type byte and are told by their code; all later messages are
a type byte and a length. Only whole messages are passed on, so a cut falls between two of them and is the same on every
run. After a server's S to an SSLRequest all is encrypted: passed on as it comes, counted no more.

    with Proxy(server.port, Fault(Moment.SERVER_MESSAGE, number=12)) as proxy:
        ...                         # connect to proxy.port
    proxy.seen[0].server            # messages that the server sent on the first connection
    proxy.struck                    # how often the fault struck

Loopback only. One thread, in which everything happens; at the end of `with` it and every socket are gone.
"""

from __future__ import annotations

import asyncio
import ctypes
import enum
import fcntl
import socket
import struct
import sys
import termios
import threading
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

LOOPBACK = "127.0.0.1"

# Codes that a packet before the log-in has where a start-up packet has its version.
CANCEL_REQUEST, SSL_REQUEST, GSS_REQUEST = 80877102, 80877103, 80877104

READ = 1 << 16


class Moment(enum.Enum):
    """When a fault strikes."""

    ACCEPTED = "connection accepted"
    TLS_ASKED = "TLS asked for"
    """The client's SSLRequest has come and is not passed on."""
    TLS_BEGUN = "TLS begun"
    """The server has agreed, and the client's first encrypted bytes have come, which are not passed on."""
    AUTHENTICATION = "authentication"
    """The server's first authentication message is passed on: it asks for a password, or says that none is needed."""
    CLIENT_MESSAGE = "client's message"
    """The client's message of that number is passed on. The server carries it out."""
    SERVER_MESSAGE = "server's message"
    """The server's message of that number is passed on."""
    BEFORE_COMMIT = "before COMMIT"
    """COMMIT has come from the client and is not passed on."""
    COMMIT_SENT = "COMMIT sent"
    """COMMIT is passed on, and its answer not waited for: the server may be at it still."""
    COMMITTED = "COMMIT done, unheard"
    """The server has answered COMMIT, and the answer is not passed on."""
    COMMIT_ANSWERED = "COMMIT answered"
    """The answer to COMMIT is passed on."""


class Action(enum.Enum):
    """What a fault does."""

    CLOSE = "closed"
    """Both connections end as a program closes them (FIN)."""
    RESET = "reset"
    """Both connections end as a machine that has lost them says it (RST)."""
    STALL = "stalled"
    """Nothing is said any more, to nobody. The kernel still acknowledges what comes: no keepalive notices."""
    VANISH = "vanished"
    """As the other machine's power failure: what comes is dropped, unacknowledged. Linux only."""
    PART = "parted"
    """The client's connection ends (RST); the server hears nothing and waits, as behind a broken network."""


@dataclass(frozen=True)
class Fault:
    """What happens, when, and to which connections: to `times` of them from the `connection`-th on, None for all.

    `number` counts the messages of one connection from 1, for the two moments that need it. `delay` is in seconds, for
    each message of the connections concerned; without a `moment` it is all that happens.
    """

    moment: Moment | None = None
    action: Action = Action.CLOSE
    number: int = 1
    connection: int = 1
    times: int | None = 1
    delay: float = 0.0

    def __str__(self) -> str:
        if self.moment is None:
            return "delayed" if self.delay else "healthy"
        number = f" {self.number}" if self.moment in (Moment.CLIENT_MESSAGE, Moment.SERVER_MESSAGE) else ""
        return f"{self.action.value} at {self.moment.value}{number}"

    def concerns(self, connection: int) -> bool:
        return connection >= self.connection and (self.times is None or connection < self.connection + self.times)


HEALTHY = Fault()

NEVER: Mapping[Moment, int] = {}


@dataclass
class Seen:
    """What was seen of one connection: messages of either side that came, COMMITs among them, what struck."""

    client: int = 0
    server: int = 0
    commits: int = 0
    requests: list[int] = field(default_factory=list)
    """The codes of the packets before the log-in; a start-up packet's is the protocol's version."""
    types: list[str] = field(default_factory=list)
    """Each message in the order they came: `packet`, `COMMIT`, or its type, `<` before a server's."""
    struck: Fault | None = None


class Proxy:
    """A proxy before the server at `port` of this machine; `with` starts and ends it.

    Its attributes: `port`, on 127.0.0.1; `fault`, which may be replaced at any time and is read when a connection is
    accepted; `seen`, one for each connection.
    """

    def __init__(self, port: int, fault: Fault = HEALTHY) -> None:
        self.target = port
        self.fault = fault
        self.seen: list[Seen] = []
        self.port = 0
        self._holder: socket.socket | None = None
        self._door: socket.socket | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")
        self._pairs: dict[asyncio.Task[None], _Pair] = {}

    @property
    def struck(self) -> int:
        """On how many connections the fault struck."""
        return sum(seen.struck is not None for seen in self.seen)

    def __enter__(self) -> Proxy:
        # The holder is bound and never listens: while the door is shut, a connection is really refused, and nobody
        # else is given the port.
        self._holder = _bound(0)
        self.port = int(self._holder.getsockname()[1])
        self._thread.start()
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._holder is not None:
            self._holder.close()

    def shut(self) -> None:
        """Refuse connections (ECONNREFUSED) until `open()`; those that are there stay."""
        self._call(self._shut())

    def open(self) -> None:
        """Accept connections."""
        self._call(self._open())

    def release(self) -> None:
        """End the connections that a fault left open: at last the server hears."""
        self._call(self._hang_up(struck=True))

    def deliver(self) -> None:
        """Pass on to the server what a parted connection withheld: a COMMIT that arrives when the client is gone."""
        self._call(self._deliver())

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _open(self) -> None:
        if self._door is None:
            listening = _bound(self.port)
            listening.listen(128)
            listening.setblocking(False)
            self._door = listening
            self._loop.add_reader(listening.fileno(), self._accept)

    async def _shut(self) -> None:
        if self._door is not None:
            self._loop.remove_reader(self._door.fileno())
            self._door.close()
            self._door = None

    async def _end(self) -> None:
        await self._shut()
        await self._hang_up()

    async def _hang_up(self, *, struck: bool = False) -> None:
        tasks = [task for task, pair in self._pairs.items() if pair.seen.struck or not struck]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self) -> None:
        for pair in list(self._pairs.values()):
            await pair.deliver()

    def _accept(self) -> None:
        assert self._door is not None
        try:
            client, _ = self._door.accept()
        except OSError:
            # It was gone again before it was accepted.
            return
        seen = Seen()
        self.seen.append(seen)
        fault = self.fault if self.fault.concerns(len(self.seen)) else HEALTHY
        pair = _Pair(client, self.target, fault, seen)
        task = self._loop.create_task(pair.serve())
        self._pairs[task] = pair
        task.add_done_callback(self._pairs.pop)


class _Struck(Exception):
    """The moment has come."""


class _Pair:
    """A client's connection and the one to the server, and what passes between them."""

    def __init__(self, client: socket.socket, port: int, fault: Fault, seen: Seen) -> None:
        self.client, self.server = client, socket.socket()
        self.port, self.fault, self.seen = port, fault, seen
        self.loop = asyncio.get_running_loop()
        self.started = False
        """The start-up packet has come: from now on the client's messages have a type."""
        self.asked = False
        """The server is to answer an SSLRequest or GSSENCRequest, with one byte."""
        self.encrypted = False
        self.committing = False
        self.withheld = b""
        for side in (self.client, self.server):
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def serve(self) -> None:
        try:
            self._strike(Moment.ACCEPTED)
            await self.loop.sock_connect(self.server, (LOOPBACK, self.port))
            await self._pump()
        except _Struck:
            await self._act()
        except OSError:
            # One side went away. So does the other.
            pass
        finally:
            self.client.close()
            self.server.close()

    async def deliver(self) -> None:
        withheld, self.withheld = self.withheld, b""
        if withheld:
            await self.loop.sock_sendall(self.server, withheld)

    async def _pump(self) -> None:
        """Pass on what either says until one of them ends, or the fault strikes."""
        pumps = [self.loop.create_task(self._from_client()), self.loop.create_task(self._from_server())]
        try:
            done, _ = await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in done:
                pump.result()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)

    async def _from_client(self) -> None:
        buffer = bytearray()
        while data := await self.loop.sock_recv(self.client, READ):
            if self.encrypted:
                self._strike(Moment.TLS_BEGUN)
                await self._send(self.server, data)
                continue
            buffer += data
            while message := _taken(buffer, typed=self.started):
                await self._client_said(message)

    async def _client_said(self, message: bytes) -> None:
        self.seen.client += 1
        if not self.started:
            code = int.from_bytes(message[4:8], "big")
            self.seen.requests.append(code)
            self.seen.types.append("packet")
            if code == SSL_REQUEST:
                self._strike(Moment.TLS_ASKED)
            self.asked = code in (SSL_REQUEST, GSS_REQUEST)
            self.started = not self.asked and code != CANCEL_REQUEST
            commit = False
        else:
            commit = _is_commit(message)
            self.seen.types.append("COMMIT" if commit else chr(message[0]))
        self.seen.commits += commit
        if commit:
            self._strike(Moment.BEFORE_COMMIT, withheld=message)
            self.committing = True
        moments = {Moment.CLIENT_MESSAGE: self.seen.client} | ({Moment.COMMIT_SENT: 1} if commit else {})
        await self._send(self.server, message, moments)

    async def _from_server(self) -> None:
        buffer = bytearray()
        while data := await self.loop.sock_recv(self.server, READ):
            if self.encrypted:
                await self._send(self.client, data)
                continue
            buffer += data
            if self.asked:
                self.asked = False
                # Nothing may follow this byte, so the buffer is empty when encryption begins.
                answer = bytes(buffer[:1])
                del buffer[:1]
                self.encrypted = answer in (b"S", b"G")
                await self._server_said(answer)
            while message := _taken(buffer, typed=True):
                await self._server_said(message)

    async def _server_said(self, message: bytes) -> None:
        self.seen.server += 1
        kind = chr(message[0])
        self.seen.types.append("<" + kind)
        # ReadyForQuery ends an answer; after FATAL there is none, and the connection ends.
        answered = self.committing and kind == "Z"
        if self.committing and self.fault.moment is Moment.COMMITTED:
            if answered:
                self._strike(Moment.COMMITTED)
            return
        moments = {Moment.SERVER_MESSAGE: self.seen.server}
        if answered:
            self.committing = False
            moments[Moment.COMMIT_ANSWERED] = 1
        if kind == "R":
            moments[Moment.AUTHENTICATION] = 1
        await self._send(self.client, message, moments)

    async def _send(self, to: socket.socket, message: bytes, moments: Mapping[Moment, int] = NEVER) -> None:
        """Pass a message on; `moments` are those that come when it is, with their numbers."""
        if self.fault.delay:
            await asyncio.sleep(self.fault.delay)
        if self.seen.struck is not None:
            # By the other direction, which has yet to be heard of where both are awaited.
            await self.loop.create_future()
        # Noted before it is sent: who hears the message may ask at once whether it was the last.
        last = any(self._due(moment, number) for moment, number in moments.items())
        await self.loop.sock_sendall(to, message)
        if last:
            raise _Struck

    def _strike(self, moment: Moment, withheld: bytes = b"") -> None:
        """End here if this is the moment, with a message withheld that `deliver()` will pass on."""
        if self._due(moment, self.fault.number):
            self.withheld = withheld
            raise _Struck

    def _due(self, moment: Moment, number: int) -> bool:
        due = self.fault.moment is moment and number == self.fault.number and self.seen.struck is None
        if due:
            self.seen.struck = self.fault
        return due

    async def _act(self) -> None:
        match self.fault.action:
            case Action.CLOSE:
                return
            case Action.RESET:
                _reset_at_close(self.client)
                _reset_at_close(self.server)
                return
            case Action.PART:
                _reset_at_close(self.client)
                self.client.close()
            case Action.VANISH:
                for side in (self.client, self.server):
                    # A machine that is gone repeats nothing, which would count as a sign of life.
                    while _unacknowledged(side):
                        await asyncio.sleep(0.001)
                    _drop_what_comes(side)
                    # An end by FIN would wait for acknowledgements.
                    _reset_at_close(side)
            case Action.STALL:
                pass
        # Until it is released.
        await self.loop.create_future()


def _bound(port: int) -> socket.socket:
    """Bind a socket to a port of the loopback, which another of ours may share; 0 is any that is free."""
    bound = socket.socket()
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((LOOPBACK, port))
    except BaseException:
        bound.close()
        raise
    return bound


def _taken(buffer: bytearray, *, typed: bool) -> bytes:
    """Take the first message from a buffer; empty where it is not all there."""
    start = 1 if typed else 0
    if len(buffer) < start + 4:
        return b""
    end = start + int.from_bytes(buffer[start : start + 4], "big")
    if len(buffer) < end:
        return b""
    message = bytes(buffer[:end])
    del buffer[:end]
    return message


def _is_commit(message: bytes) -> bool:
    text = message[5:].rstrip(b"\0").strip().rstrip(b";")
    return message[:1] == b"Q" and text.upper() == b"COMMIT"


def _reset_at_close(side: socket.socket) -> None:
    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


VANISHING = sys.platform == "linux"
"""Whether a connection can be made to vanish on this machine."""

# Linux: a socket's packet filter, whose only instruction says to keep 0 bytes of a packet. It needs no privilege.
SO_ATTACH_FILTER = 26
KEEP_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)


def _unacknowledged(side: socket.socket) -> int:
    """Return how many bytes were sent that the other side has yet to acknowledge."""
    return int.from_bytes(fcntl.ioctl(side, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def _drop_what_comes(side: socket.socket) -> None:
    """Let the kernel forget every packet for a socket before TCP sees it, so that nothing is acknowledged."""
    program = ctypes.create_string_buffer(KEEP_NOTHING)
    side.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HP", 1, ctypes.addressof(program)))
