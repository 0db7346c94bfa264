"""One look for all who ask at the same time, and for a few seconds after: a hundred viewers cost the database one."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from homecoming.connection.interrupts import CancellationToken
from homecoming.monitoring.checks import Check
from homecoming.monitoring.snapshot import Snapshot

# Seconds that a look is good for, less than between two refreshes of the page.
FRESH = 5.0

# Seconds that somebody waits for one. A look itself gives a server ten to connect.
TIMEOUT = 12.0


@dataclass(frozen=True)
class Judged:
    """A look and its judgement."""

    snapshot: Snapshot
    checks: Sequence[Check]


@dataclass(frozen=True)
class _Running:
    """A look that is under way: since when, and what ends it."""

    result: Future[Judged]
    began: float
    cancellation: CancellationToken


class SharedSnapshot:
    """Looks when somebody asks. The look has a thread of its own, so that one that hangs holds up nothing else."""

    def __init__(
        self,
        take: Callable[[CancellationToken], Judged],
        offline: Callable[[float], Judged],
        fresh: float = FRESH,
        timeout: float = TIMEOUT,
    ) -> None:
        """Arguments: ``take``, which never raises; ``offline``, what is known without an answer for so many seconds."""
        self._take = take
        self._offline = offline
        self._fresh = fresh
        self._timeout = timeout
        # Whoever mounts the application may ask from several event loops.
        self._turn = threading.Lock()
        self._kept: Judged | None = None
        self._until = 0.0
        self._running: _Running | None = None

    async def now(self) -> Judged:
        """Return a look that is a few seconds old at most, or what is known without one."""
        with self._turn:
            if self._kept is not None and time.monotonic() < self._until:
                return self._kept
            running = self._running or self._begin()
        waited = asyncio.wrap_future(running.result)
        try:
            return await asyncio.wait_for(waited, max(running.began + self._timeout - time.monotonic(), 0))
        except TimeoutError:
            running.cancellation.cancel()
            judged = await asyncio.to_thread(self._offline, self._timeout)
            with self._turn:
                self._keep(judged)
            return judged

    def _begin(self) -> _Running:
        running = self._running = _Running(Future(), time.monotonic(), CancellationToken())
        # Whoever asked and went away must not cancel it for the others.
        running.result.set_running_or_notify_cancel()
        threading.Thread(target=self._work, args=(running,), name="homecoming-look", daemon=True).start()
        return running

    def _work(self, running: _Running) -> None:
        judged = self._take(running.cancellation)
        # In one turn: whoever asked between would begin a second look.
        with self._turn:
            self._running = None
            if not running.cancellation.cancelled.is_set():
                self._keep(judged)
        running.result.set_result(judged)

    def _keep(self, judged: Judged) -> None:
        self._kept, self._until = judged, time.monotonic() + self._fresh
