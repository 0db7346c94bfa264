"""Ending what a connection waits for: on Ctrl-C and SIGTERM, and when a time limit is over.

A driver waits in C, where Python's own signal handlers do not run. So the signal's number is written to a socket, whose
reader, a thread, cuts the connection: the driver returns, and the handlers run.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from enum import StrEnum
from types import FrameType
from typing import Any

from homecoming.errors import HomecomingError
from homecoming.language import mark, tr
from homecoming.terminal import say

# Seconds until what cannot be ended is left behind: the user is promised an end within two.
END_WITHIN = 1.5
# And those that it has for taking away what it made, which a busy server may need.
CLEAN_WITHIN = 30.0

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The user or the platform ended the command; ``signum`` says by which signal."""

    def __init__(self, signum: int) -> None:
        super().__init__(signum)
        self.signum = signum

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that a signal ended: 130, 143."""
        return 128 + self.signum


class Stage(StrEnum):
    """How far a run is: what becomes of the database if it ends now, in the words of an interrupt."""

    UNCHANGED = mark("rolled back, nothing was changed")
    COMMITTING = mark("the commit was under way: make status tells whether it arrived")
    COMMITTED = mark("the changes had been committed")


class CancellationToken:
    """Ends what the connection it watches waits for, and lets no other one begin; knows how far the run is."""

    def __init__(self) -> None:
        self.cancelled = threading.Event()
        self.stage = Stage.UNCHANGED
        self.signum: int | None = None
        # What an earlier attempt of the run met, such as a table that is held, and who holds it.
        self.met: HomecomingError | None = None
        self.is_cleaning = False
        self._raw: Any = None
        # Whoever is first, the end or the commit, the other one sees it.
        self._turn = threading.Lock()

    def check(self) -> None:
        """Go on only if the end has not come. Errors: ConnectionAbortedError where it has."""
        if self.cancelled.is_set():
            raise ConnectionAbortedError(tr("the time for this run is over"))

    def committing(self) -> None:
        """Note that COMMIT is about to be sent. Errors: ConnectionAbortedError where the end has come before it."""
        with self._turn:
            self.check()
            self.stage = Stage.COMMITTING

    def looked(self) -> None:
        """Note that no commit is under way: the database was looked at, under the lock of runs, or refused it."""
        self.stage = Stage.UNCHANGED

    def committed(self) -> None:
        """Note that it was answered."""
        self.stage = Stage.COMMITTED

    def watch(self, raw: Any) -> None:
        """Watch a driver's connection from now on. Errors: ConnectionAbortedError where the end has come already."""
        self._raw = raw
        self.check()

    def release(self) -> None:
        """Watch none: nothing is waited for."""
        self._raw = None

    @contextlib.contextmanager
    def cleaning(self) -> Iterator[None]:
        """Let what is done within come to its end, uncut; an interrupt that comes meanwhile is raised afterwards."""
        before, self.is_cleaning = self.signum, True
        raw, self._raw = self._raw, None
        try:
            yield
        finally:
            self.is_cleaning, self._raw = False, raw
        if self.signum is not None and before is None:
            raise Interrupted(self.signum)

    def cancel(self) -> None:
        """End what the connection waits for, now. A commit that is under way is left to arrive."""
        with self._turn:
            self.cancelled.set()
        raw = self._raw
        if raw is None or self.stage is Stage.COMMITTING:
            return
        # Whatever is raised, the process is about to end or to go on without it.
        with contextlib.suppress(Exception):
            if hasattr(raw, "interrupt"):
                raw.interrupt()
            else:
                _cut(raw)


def _cut(raw: Any) -> None:
    """Shut a PostgreSQL connection's socket: whoever waits for it goes on with an error, and the server rolls back.

    Not psycopg2's cancel(): it waits for a server that may be silent, and lets no other thread run meanwhile.
    """
    with socket.socket(fileno=os.dup(raw.fileno())) as connection:
        connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def interruptible(token: CancellationToken) -> Iterator[None]:
    """Raise Interrupted on Ctrl-C and SIGTERM, within two seconds, whatever is waited for, and say what it did.

    Only what takes away what a command made may take longer (``CancellationToken.cleaning``).

    Only for a process of our own, and only its main thread gets signals: elsewhere this changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    raised: list[int] = []

    def interrupt(signum: int, _frame: FrameType | None) -> None:
        # The first one ends the run; a second one must not end its rollback.
        raised.append(signum)
        if len(raised) == 1 and not token.is_cleaning:
            raise Interrupted(signum)

    previous = {signum: signal.signal(signum, interrupt) for signum in SIGNALS}
    wakeup = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    done = threading.Event()
    watcher = threading.Thread(target=_watch, args=(reader, token, done), daemon=True)
    watcher.start()
    try:
        yield
    except Interrupted:
        # Before the handlers are given back: another signal would end the process unheard.
        _say_interrupted(token)
        raise
    except Exception as error:
        if token.signum is None:
            raise
        # The connection was cut before the main thread heard of it, or somebody on the way swallowed what it heard.
        _say_interrupted(token)
        raise Interrupted(token.signum) from error
    finally:
        signal.set_wakeup_fd(wakeup)
        for signum, handler in previous.items():
            signal.signal(signum, handler)
        done.set()
        writer.close()
        watcher.join()
        reader.close()


def _watch(reader: socket.socket, token: CancellationToken, done: threading.Event) -> None:
    while received := reader.recv(1):
        if received[0] not in SIGNALS:
            continue
        token.signum = received[0]
        token.cancel()
        if not done.wait(END_WITHIN) and not (token.is_cleaning and done.wait(CLEAN_WITHIN)):
            _say_interrupted(token)
            # The main thread cannot be reached: what it waits for does not end. The server rolls back for us.
            os._exit(128 + received[0])
        return


def _say_interrupted(token: CancellationToken) -> None:
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    say(tr("Interrupted: {stage}", stage=tr(token.stage)), sys.stderr)
