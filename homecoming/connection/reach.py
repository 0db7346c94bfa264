"""From candidates to a live connection: each in its turn, each with its own attempts, and a report of what happened."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from homecoming.candidates import Candidate
from homecoming.connection.answers import LIMIT
from homecoming.connection.engines import make_engine
from homecoming.connection.failure import Failure
from homecoming.connection.failures import classify, ending, meaning
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import NO_LIMITS, NOT_IN_TIME, Timeouts, holders, named
from homecoming.errors import HeldError, HomecomingError, LockedError, NoConnectionError
from homecoming.events import tell
from homecoming.language import tr, trn
from homecoming.logs import get_logger
from homecoming.settings import Settings

log = get_logger("connection")

# Seconds: the ceiling of the pause after the first attempt, doubled each time up to the longest. The pause itself is
# any time up to the ceiling ("full jitter"), so that replicas that failed together do not come back together.
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0

# Seconds an attempt has that is begun as the time for all of them ends.
LEAST = 1.0

# libpq gives each address of a host its own time to answer, and a name server that is silent none at all.
ADDRESSES = 2

# What an attempt that fails raises; the last one where a server's words are in another encoding.
RAISED = (sa.exc.DBAPIError, TimeoutError, UnicodeDecodeError)


@dataclass(frozen=True)
class Attempt:
    """One attempt at one candidate: how it ended (None: connected) in whose words, and after how many seconds."""

    candidate: Candidate
    number: int
    failure: Failure | None
    said: str
    seconds: float


@dataclass
class Reached:
    """A live connection, the candidate it leads to, and the attempts it took."""

    connection: sa.Connection
    candidate: Candidate
    attempts: list[Attempt] = field(default_factory=list)


class UnreachableError(NoConnectionError):
    """No candidate could be reached; ``attempts`` tells each."""

    def __init__(self, what: str, todo: str, attempts: list[Attempt]) -> None:
        super().__init__(what, todo)
        self.attempts = attempts
        last = {attempt.candidate: attempt.failure for attempt in attempts}
        failures = [failure for failure in last.values() if failure is not None]
        self.passes = any(failure.passes for failure in failures)
        self.by_console = any(failure.by_console for failure in failures)


@contextlib.contextmanager
def reached(
    settings: Settings,
    read_only: bool = False,
    token: CancellationToken | None = None,
    timeouts: Timeouts | None = None,
) -> Iterator[Reached]:
    """Give a connection to the first candidate that can be reached, and close it afterwards.

    Arguments: ``read_only``, for a command that only looks; ``token``, which watches the connection; ``timeouts`` of
    a look that somebody waits for.
    Errors: UnreachableError where there is none; HeldError where a table was held for longer than that; for a SQLite
    file UsageError, Refused or the driver's.
    """
    token = token or CancellationToken()
    found = _reach(settings, read_only, token, timeouts)
    try:
        token.watch(found.connection.connection.dbapi_connection)
        yield found
    except sa.exc.DBAPIError as error:
        if timeouts is not None and getattr(error.orig, "pgcode", None) == NOT_IN_TIME:
            found.connection.rollback()
            raise _held(found.connection) from error
        if getattr(error.orig, "pgcode", None) == LIMIT:
            # A look that a limit ended: what lifts it has names that only this session knows.
            found.connection.rollback()
            raise meaning(error, found.candidate.source, found.connection) from error
        found.connection.invalidate()
        raise
    except BaseException:
        # It may be lost, or cut: then there is nothing to roll back with, and the server does it.
        found.connection.invalidate()
        raise
    finally:
        token.release()
        found.connection.close()


def _held(connection: sa.Connection) -> LockedError:
    error = HeldError(tr("a table that has to be read is held by another session"), tr("Wait for it, then run again"))
    with contextlib.suppress(sa.exc.DBAPIError):
        return named(error, holders(connection))
    return error


def _reach(settings: Settings, read_only: bool, token: CancellationToken, timeouts: Timeouts | None) -> Reached:
    if settings.database_url.get_backend_name() == "sqlite":
        return _open_file(settings, read_only)
    attempts: list[Attempt] = []
    end = time.monotonic() + settings.connect_limit
    for place, candidate in enumerate(settings.candidates):
        # Its share of the time that is left: a first one that only stalls must leave some to the others.
        share = (end - time.monotonic()) / (len(settings.candidates) - place)
        deadline = time.monotonic() + max(share, 0)
        # A run begins without limits, and takes its own as it has its lock. A look holds up nobody, and may wait.
        limits = timeouts or (Timeouts(settings.statement_timeout) if read_only else NO_LIMITS)
        connection = _connect(candidate, settings, deadline, attempts, token, read_only, limits)
        if connection is not None:
            return Reached(connection, candidate, attempts)
    raise _unreachable(attempts)


def _open_file(settings: Settings, read_only: bool) -> Reached:
    candidate, began = settings.candidates[0], time.monotonic()
    try:
        engine = make_engine(candidate.url, read_only=read_only, lock_wait=settings.lock_wait)
        connection = engine.connect()
    except (HomecomingError, sa.exc.DBAPIError) as error:
        failure = classify(error)[0] if isinstance(error, sa.exc.DBAPIError) else None
        _tell(candidate, 1, failure.name if failure else type(error).__name__, time.monotonic() - began)
        raise
    attempt = Attempt(candidate, 1, None, "", time.monotonic() - began)
    _tell(candidate, 1, None, attempt.seconds)
    return Reached(connection, candidate, [attempt])


def _tell(candidate: Candidate, number: int, error_class: str | None, seconds: float, text: str = "") -> None:
    """Tell an attempt: for people only where it failed, in the line ``text``."""
    fields = {
        "strategy": str(candidate.layer),
        "source": candidate.source,
        "number": number,
        "result": "failed" if error_class else "connected",
        "error_class": error_class,
        "seconds": round(seconds, 3),
    }
    level = logging.INFO if text else logging.DEBUG
    tell(log, level, "attempt", fields, "%s", text or f"{candidate.source}: {fields['result']}")


def _connect(
    candidate: Candidate,
    settings: Settings,
    deadline: float,
    attempts: list[Attempt],
    token: CancellationToken,
    read_only: bool,
    limits: Timeouts,
) -> sa.Connection | None:
    """Connect to one candidate, again where the failure may pass by itself; None where it does not in time."""
    import tenacity

    began = time.monotonic()

    def noted(state: tenacity.RetryCallState) -> bool:
        """Note how an attempt failed; return whether another one makes sense."""
        assert state.outcome is not None
        error = state.outcome.exception()
        if not isinstance(error, RAISED):
            return False
        failure, said = classify(error)
        attempts.append(Attempt(candidate, state.attempt_number, failure, said, time.monotonic() - began))
        line = tr(
            "{source}: {said} (attempt {number} of {attempts})",
            source=candidate.source,
            said=said,
            number=state.attempt_number,
            attempts=settings.connect_attempts,
        )
        _tell(candidate, state.attempt_number, failure.name, attempts[-1].seconds, line)
        return failure.passes

    retrying = tenacity.Retrying(
        retry=noted,
        wait=tenacity.wait_random_exponential(multiplier=FIRST_PAUSE, max=LONGEST_PAUSE),
        stop=tenacity.stop_after_attempt(settings.connect_attempts)
        | tenacity.stop_before_delay(max(deadline - time.monotonic(), 0))
        | tenacity.stop_when_event_set(token.cancelled),
        sleep=tenacity.sleep_using_event(token.cancelled),
        reraise=True,
    )
    with contextlib.suppress(*RAISED):
        for attempt in retrying:
            with attempt:
                began = time.monotonic()
                connection = opened(candidate.url, settings.connect_timeout, deadline, read_only, limits)
                attempts.append(
                    Attempt(candidate, attempt.retry_state.attempt_number, None, "", time.monotonic() - began)
                )
                _tell(candidate, attempts[-1].number, None, attempts[-1].seconds)
                return connection
    return None


def opened(url: sa.URL, timeout: float, deadline: float, read_only: bool, limits: Timeouts) -> sa.Connection:
    """Open a connection in a thread, which can be left behind: neither a resolver nor libpq can be interrupted."""
    results: list[sa.Connection | Exception] = []
    arrived, handover = threading.Event(), threading.Lock()
    left_behind = False

    def work() -> None:
        result: sa.Connection | Exception
        try:
            engine = make_engine(url, read_only=read_only, connect_timeout=timeout, timeouts=limits)
            result = engine.connect()
        except Exception as error:
            result = error
        with handover:
            if not left_behind:
                results.append(result)
            elif isinstance(result, sa.Connection):
                result.close()
        arrived.set()

    threading.Thread(target=work, daemon=True).start()
    longest = min(ADDRESSES * timeout + 1, max(deadline - time.monotonic(), LEAST))
    try:
        arrived.wait(longest)
    finally:
        with handover:
            left_behind = not results
    if not results:
        raise TimeoutError(tr("timeout expired after {seconds:.0f} s", seconds=longest))
    if isinstance(results[0], Exception):
        raise results[0]
    return results[0]


def _unreachable(attempts: list[Attempt]) -> UnreachableError:
    last = {attempt.candidate: attempt for attempt in attempts}
    # Of several ways, the one that says most: a server that answered knows better than one that is out of reach.
    told = max(last.values(), key=lambda attempt: attempt.failure is not None and not attempt.failure.passes)
    assert told.failure is not None
    error = ending(told.failure, told.said, told.candidate.source)
    if len(last) > 1:
        for candidate, attempt in last.items():
            tried = trn("{n} attempt", "{n} attempts", attempt.number)
            log.info("  %-11s  %s: %s: %s", tr(candidate.layer), candidate.source, tried, attempt.said)
    what = error.what
    if len(last) > 1:
        what = tr("none of {number} ways leads to the database; of one, {what}", number=len(last), what=what)
    return UnreachableError(what, error.todo, attempts)
