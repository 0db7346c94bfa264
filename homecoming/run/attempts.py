"""Whole runs, one after the other, until one is through: a run that ended on the way has changed nothing."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import sqlalchemy as sa
from alembic.config import Config

from homecoming.connection.failures import classify, ending, meaning
from homecoming.connection.failures_postgresql import LOST
from homecoming.connection.interrupts import CancellationToken, Interrupted, Stage
from homecoming.connection.locks import RunLockedError, end_idle, holders, in_the_way, named, runs, tell_waited
from homecoming.connection.reach import Reached, reached
from homecoming.connection.sqlite_file import file_of
from homecoming.errors import (
    HeldError,
    HomecomingError,
    InDoubtError,
    LockedError,
    LostError,
    NoConnectionError,
    Refused,
)
from homecoming.history.configuration import configuration
from homecoming.history.run_history import Saved
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.run.environment import Outcome
from homecoming.run.migrate import migrate
from homecoming.settings import BLOCKERS, Settings

log = get_logger("deploy")

T = TypeVar("T")


def run_to(
    direction: str,
    revision: str,
    settings: Settings,
    way: str,
    token: CancellationToken,
    saved: Saved | None = None,
    ahead: Callable[[Reached], None] | None = None,
) -> Outcome:
    """Bring the database to a revision, with as many runs as it takes.

    Had the commit of a run arrived whose connection was lost, the next one finds it, under the lock of runs, which the
    lost session holds until it has ended.

    Arguments: ``direction``, upgrade, downgrade, or repair, which goes through the whole history again; ``way``, for
    migration_history; ``token``, which ends it; ``saved``, the backup that was made before; ``ahead``, which has
    ready what can be made before a run, on its connection.
    Errors: HomecomingError. Nothing is changed then, unless its text says that this cannot be known.
    """
    announced = ""
    file = file_of(settings.database_url) if settings.database_url.get_backend_name() == "sqlite" else None
    is_new = file is not None and not file.exists()

    def run() -> Outcome:
        nonlocal announced
        # An answer to COMMIT that was lost stays in doubt until the database was looked at.
        in_doubt = token.stage is Stage.COMMITTING
        with reached(settings, token=token) as endpoint:
            if announced != str(endpoint.candidate):
                announced = str(endpoint.candidate)
                log.info("Database: %s", announced)
                # A relative path is another file in another folder, and a link leads elsewhere.
                if file is not None and str(file) != endpoint.candidate.url.database:
                    log.info("The file: %s, which is made now" if is_new else "The file: %s", file)
            if ahead is not None:
                ahead(endpoint)
            outcome = _once(direction, revision, settings, way, token, endpoint, saved)
            return replace(outcome, found_after_loss=in_doubt and not outcome.steps)

    return until_through(run, settings, token)


def until_through(run: Callable[[], T], settings: Settings, token: CancellationToken) -> T:
    """Call ``run`` until it is through, and return what it returns.

    One whose connection is lost is begun anew, ``settings.run_attempts`` in all; one that meets a table somebody holds,
    after each of ``settings.lock_pauses``.
    Errors: HomecomingError, of the last one.
    """
    pauses = iter(settings.lock_pauses)
    lost = 0
    while True:
        began = time.monotonic()
        try:
            return run()
        except HeldError as error:
            pause = next(pauses, None)
            if pause is None or token.cancelled.is_set():
                raise _told(error, token) from error
            token.met = error
            log.info("%s; again in %g s", error.what, pause)
            token.cancelled.wait(pause)
            # All of the attempt's time: what it did was for nothing.
            tell_waited("table", time.monotonic() - began)
        except LostError as error:
            lost += 1
            if lost >= settings.run_attempts or token.cancelled.is_set():
                raise _told(error, token) from error
            log.info("%s; once more from the start", error.what)
        except HomecomingError as error:
            raise _told(error, token) from error


def _once(
    direction: str,
    revision: str,
    settings: Settings,
    way: str,
    token: CancellationToken,
    endpoint: Reached,
    saved: Saved | None,
) -> Outcome:
    """One run on one connection. Errors: HomecomingError; of these, LostError and LockedError may pass."""
    repair = {"repair": True} if direction == "repair" else {}
    given = {"connection": endpoint.connection, "settings": settings, "way": way, "token": token, "saved": saved}
    config = configuration(**given, **repair)
    try:
        migrate(config, direction, revision)
    except sa.exc.DBAPIError as error:
        failure, said = classify(error)
        source = endpoint.candidate.source
        if issubclass(failure.ends, NoConnectionError):
            # It was there: whatever the network says now, such as that it timed out, the connection is lost.
            raise ending(LOST, said, source) from error
        ended = meaning(error, source, endpoint.connection, config.attributes.get("revision"))
        if isinstance(ended, LockedError):
            ended = _named(ended, endpoint.connection, _context(error))
            if settings.end_blockers != BLOCKERS[0]:
                _end_blockers(endpoint.connection, _context(error), settings.lock_timeout)
        _say_undone(ended, config)
        raise ended from error
    except Refused as error:
        _say_undone(error, config)
        raise
    except RunLockedError as error:
        raise _named(error, endpoint.connection) from error
    outcome: Outcome = config.attributes["outcome"]
    return outcome


def _say_undone(error: HomecomingError, config: Config) -> None:
    """Say that what was told on the way to a refusal is undone; other errors say that themselves."""
    if isinstance(error, Refused) and config.attributes.get("steps"):
        log.info("Rolled back: the database is as it was")


def _named(error: LockedError, connection: sa.Connection, context: str = "") -> LockedError:
    """The same error with who is in the way, asked after the run was rolled back: nobody waits for this."""
    with contextlib.suppress(sa.exc.DBAPIError):
        return named(error, (runs if isinstance(error, RunLockedError) else holders)(connection), context)
    return error


def _end_blockers(connection: sa.Connection, context: str, seconds: float) -> None:
    """End who holds what the run needs and does nothing with it; the run is begun anew after this."""
    try:
        end_idle(connection, in_the_way(holders(connection), context), seconds)
    except sa.exc.DBAPIError as error:
        # Each names its statement to somebody who may.
        log.warning("Nobody was ended: %s", classify(error)[1])


def _context(error: sa.exc.DBAPIError) -> str:
    """Where the server was, as it says it: the statement that waited names its table."""
    return getattr(getattr(error.orig, "diag", None), "context", None) or ""


def _told(error: HomecomingError, token: CancellationToken) -> HomecomingError:
    """The error, with the doubt after a commit whose answer was lost, where no later run could look.

    Errors: Interrupted, where a signal is what cut the connection.
    """
    if token.signum is not None:
        raise Interrupted(token.signum) from error
    if token.stage is not Stage.COMMITTING:
        return error
    return InDoubtError(
        tr("{what}; whether the changes were committed cannot be known from here", what=error.what),
        tr("Look: make status"),
    )
