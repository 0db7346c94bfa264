"""Making the steps ahead of a run, each by itself, and taking away what nobody needs any more.

Killed anywhere, a step leaves behind something of a name of ours that nothing uses: `status` names it, the next
preparing goes on with it, the next run adopts it or takes it away, and so does `prepare-undo`.
"""

from __future__ import annotations

import contextlib
import functools
import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg2
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.candidates import Layer
from homecoming.connection.engines import LIFTED, secure
from homecoming.connection.failures import classify, ending
from homecoming.connection.failures_postgresql import LOST
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import NOT_IN_TIME, Timeouts, lock_key, milliseconds
from homecoming.connection.reach import Reached, reached
from homecoming.errors import FailedError, LockedError, NoConnectionError, Refused
from homecoming.history.bookkeeping import versions_of
from homecoming.history.configuration import configuration
from homecoming.language import tr, trn
from homecoming.logs import get_logger
from homecoming.preflight.preflight import find_issues, refuse, refuse_foreign_database
from homecoming.settings import Settings

if TYPE_CHECKING:
    from homecoming.prepare.steps import Leftover, Step

log = get_logger("deploy")

# Seconds for which a moment is looked for in which nobody holds a table.
_BUSY = 10.0

# Seconds between two looks at whether another process is still preparing.
_PAUSE = 0.5

# Seconds that an upgrade gives to preparing, before it does the rest under its locks.
LIMIT = 900.0


@contextlib.contextmanager
def prepared(
    settings: Settings, revision: str, token: CancellationToken, seconds: float = LIMIT
) -> Iterator[Callable[[Reached], None]]:
    """Have ready what a run to head needs of large tables; where it is refused or fails, that is taken away again.

    Args:
        settings: With ``prepare_rows``, from which number of rows on a table is large; None where nothing is prepared.
        revision: Where the run leads: only head's things are known ahead.
        token: Ends it where the user does.
        seconds: How long it may take.

    Yields:
        What does it, on the connection that the run is to have, the first time that it is called.

    Raises:
        HomecomingError: As the run within does. That nothing could be prepared is no error: the run does it itself.
    """
    made, is_tried = 0, False

    def ahead(endpoint: Reached) -> None:
        nonlocal made, is_tried
        if settings.prepare_rows is None or revision != "head" or is_tried:
            return
        try:
            made += _prepare(endpoint, settings, settings.prepare_rows, token, seconds)[0]
        except (Refused, LockedError):
            # The run meets it as well, and says what to do.
            pass
        except sa.exc.DBAPIError as error:
            failure, said = classify(error)
            if issubclass(failure.ends, NoConnectionError):
                raise ending(LOST, said, endpoint.candidate.source) from error
            log.info("Nothing was prepared: %s", said)
        is_tried = True
        endpoint.connection.rollback()

    try:
        yield ahead
    except (Refused, FailedError):
        if made:
            with contextlib.suppress(Refused, LockedError, NoConnectionError, sa.exc.DBAPIError):
                undo(settings, token)
        raise


def prepare(settings: Settings, least: int, token: CancellationToken) -> int:
    """Make the steps for tables of at least so many rows, where the database has something ahead of it.

    Args:
        settings: Which database, and how long to wait for others who prepare it.
        least: Rows.
        token: Ends it where the user does: what is half made then is gone on with by the next one.

    Returns:
        How many things are ready for a run.

    Raises:
        Refused: The database is another application's, or something would refuse the run.
        LockedError: Another process is preparing for too long.
        NoConnectionError: It cannot be reached, or was lost.
    """
    with reached(settings, token=token) as endpoint:
        return sum(_prepare(endpoint, settings, least, token, None))


def _prepare(
    endpoint: Reached, settings: Settings, least: int, token: CancellationToken, seconds: float | None
) -> tuple[int, int]:
    """Make the steps. Returns how many were made, and how many were there already."""
    connection = endpoint.connection
    if connection.dialect.name == "sqlite" or not _has_something_ahead(connection, settings):
        return 0, 0
    # Only now: a start at head is to load no more than it needs.
    from homecoming.prepare.steps import steps

    found = steps(connection, least)
    if all(step.is_done for step in found):
        return 0, len(found)
    if endpoint.candidate.layer is Layer.POOLER:
        log.info("Nothing was prepared: a pooler gives every statement another session")
        return 0, 0
    until = None if seconds is None else time.monotonic() + seconds
    with _alone(connection, settings, token) as cursor:
        made, there, given_up = 0, 0, set[str]()
        # Another process may have made some of them meanwhile.
        for step in steps(connection, least):
            # What holds up one index, a snapshot that is old, holds up each; what holds a table, every key of it.
            holds = "" if step.is_index else step.table
            if step.is_done:
                there += 1
            elif holds not in given_up:
                made += _made(step, cursor, token, until, functools.partial(given_up.add, holds))
    if made and not _has_something_ahead(connection, settings):
        # Another run came to head meanwhile: nobody is left to adopt it.
        with _alone(connection, settings, token) as cursor:
            _take_away(connection, cursor, token)
        return 0, 0
    return made, there


def undo(settings: Settings, token: CancellationToken) -> list[Leftover]:
    """Take away what was made ahead and no run has adopted. Returns what it was.

    Raises:
        LockedError: Somebody holds a table all the time; the rest is taken away.
        NoConnectionError: It cannot be reached, or was lost.
    """
    with reached(settings, token=token) as endpoint:
        if endpoint.connection.dialect.name == "sqlite":
            return []
        with _alone(endpoint.connection, settings, token) as cursor:
            return _take_away(endpoint.connection, cursor, token)


def _take_away(connection: sa.Connection, cursor: Any, token: CancellationToken) -> list[Leftover]:
    from homecoming.prepare.steps import leftovers

    gone, held = [], []
    for leftover in leftovers(connection):
        try:
            _run(leftover.undo, cursor, token)
            gone.append(leftover)
        except psycopg2.Error as error:
            if error.pgcode != NOT_IN_TIME:
                raise
            held.append(leftover.table)
    if held:
        raise LockedError(
            tr(
                "{names}: held by another session, so that what was made ahead stays",
                names=", ".join(sorted(set(held))),
            ),
            tr("Wait for it, then run again"),
        )
    return gone


def _has_something_ahead(connection: sa.Connection, settings: Settings) -> bool:
    """Return whether revisions are pending, on a database that a run would not refuse. Raises: Refused."""
    connection.rollback()
    secure(connection, timeouts=Timeouts(settings.statement_timeout, settings.lock_timeout))
    script = ScriptDirectory.from_config(configuration())
    migration = versions_of(connection)
    if migration.get_current_heads() == tuple(script.get_heads()):
        return False
    refuse_foreign_database(connection, migration, script)
    refuse([issue for issue in find_issues(connection) if issue.refuses])
    return True


@contextlib.contextmanager
def _alone(connection: sa.Connection, settings: Settings, token: CancellationToken) -> Iterator[Any]:
    """Give a cursor each of whose statements is a transaction, while no other process prepares this database.

    Raises:
        LockedError: Another one does for too long.
        sqlalchemy.exc.DBAPIError: What the server says to a statement of the block.
    """
    connection.rollback()
    raw: Any = connection.connection.dbapi_connection
    raw.autocommit = True
    try:
        with raw.cursor() as cursor:
            limits = Timeouts(0, settings.lock_timeout).settings
            cursor.execute(
                f"SET search_path = pg_catalog, pg_temp; {limits}; {LIFTED}".replace("SET LOCAL", "SET").replace(
                    "END, true)", "END, false)"
                )
            )
            began = time.monotonic()
            while not _has_turn(cursor):
                if time.monotonic() - began > settings.lock_wait:
                    raise LockedError(tr("another process is preparing this database for too long"), tr("Wait for it"))
                token.cancelled.wait(_PAUSE)
                token.check()
            yield cursor
    except psycopg2.Error as error:
        raise sa.exc.OperationalError("preparing", None, error) from error
    finally:
        with contextlib.suppress(psycopg2.Error, sa.exc.DBAPIError):
            connection.rollback()
            with raw.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")
                # What was lifted stays so: the run lifts it as well.
                cursor.execute("RESET search_path; RESET statement_timeout; RESET lock_timeout")
            raw.autocommit = False


def _has_turn(cursor: Any) -> bool:
    # Beside the lock of runs, and of the session, since each step is a transaction.
    cursor.execute("SELECT pg_try_advisory_lock(%s)", (lock_key() ^ 1,))
    return bool(cursor.fetchone()[0])


def _made(
    step: Step, cursor: Any, token: CancellationToken, until: float | None, give_up: Callable[[], object]
) -> bool:
    """Make a step, and say so; where it cannot be made, take away what there is of it. Returns whether it is there."""
    began, is_begun = time.monotonic(), False
    try:
        for part in step.parts:
            if until is not None:
                # At its end the server ends the statement.
                cursor.execute(f"SET statement_timeout = {milliseconds(max(until - time.monotonic(), 0.001))}")
            _run(part, cursor, token)
            is_begun = True
    except psycopg2.Error as error:
        if cursor.connection.closed:
            raise
        if error.pgcode in (NOT_IN_TIME, "57014"):
            give_up()
        cursor.execute("SET statement_timeout = 0")
        # A DO is undone as a whole.
        if is_begun or step.is_index:
            with contextlib.suppress(psycopg2.Error):
                _run(step.undo, cursor, token)
        # The first line is what the server says; more would quote a row.
        log.info("Not prepared: %s; the run does it itself (%s)", step.label, str(error).splitlines()[0])
        return False
    log.info(
        "Prepared: %s, about %s, %.1f s",
        step.label,
        trn("{n} row", "{n} rows", step.rows),
        time.monotonic() - began,
    )
    return True


def _run(statement: str, cursor: Any, token: CancellationToken) -> None:
    """Run a statement; one that takes a lock of customers again and again, until nobody holds the table.

    Raises:
        psycopg2.Error: As the server says it.
    """
    began, pause = time.monotonic(), 0.05
    while True:
        token.check()
        try:
            cursor.execute(statement)
            return
        except psycopg2.Error as error:
            if error.pgcode != NOT_IN_TIME or not statement.startswith("DO ") or time.monotonic() - began > _BUSY:
                raise
        # Longer than the try took: whoever waited behind it gets through.
        token.cancelled.wait(pause * (1 + random.random()))
        pause = min(pause * 1.5, 1.0)
