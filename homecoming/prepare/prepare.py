"""Making the steps ahead of a run, each by itself, and taking away what nobody needs any more.

Killed anywhere, a step leaves behind something of a name of ours that nothing uses: `status` names it, the next
preparing goes on with it, the next run adopts it or takes it away, and so does `prepare-undo`.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import psycopg2
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.candidates import Layer
from homecoming.connection.failures import classify, ending
from homecoming.connection.failures_postgresql import LOST
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import NOT_IN_TIME, Timeouts, lock_key
from homecoming.connection.reach import Reached, reached
from homecoming.errors import FailedError, LockedError, NoConnectionError, Refused
from homecoming.history.bookkeeping import versions_of
from homecoming.history.configuration import configuration
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.preflight.preflight import find_issues, refuse, refuse_foreign_database
from homecoming.settings import Settings

if TYPE_CHECKING:
    from homecoming.prepare.steps import Leftover, Step

log = get_logger("deploy")

# Seconds for which a moment is looked for in which nobody holds a table.
_BUSY = 20.0

# Seconds between two looks at whether another process is still preparing.
_PAUSE = 0.5


@contextlib.contextmanager
def prepared(settings: Settings, revision: str, token: CancellationToken) -> Iterator[Callable[[Reached], None]]:
    """Have ready what a run to head needs of large tables; where it is refused or fails, that is taken away again.

    Args:
        settings: With ``prepare_rows``, from which number of rows on a table is large; None where nothing is prepared.
        revision: Where the run leads: only head's things are known ahead.
        token: Ends it where the user does.

    Yields:
        What does it, on the connection that the run is to have.

    Raises:
        HomecomingError: As the run within does. That nothing could be prepared is no error: the run does it itself.
    """
    made = 0

    def ahead(endpoint: Reached) -> None:
        nonlocal made
        if settings.prepare_rows is not None and revision == "head":
            try:
                made = _prepare(endpoint, settings, settings.prepare_rows, token)
                endpoint.connection.rollback()
            except (Refused, LockedError):
                # The run meets it as well, and says what to do.
                endpoint.connection.rollback()
            except sa.exc.DBAPIError as error:
                failure, said = classify(error)
                if issubclass(failure.ends, NoConnectionError):
                    raise ending(LOST, said, endpoint.candidate.source) from error
                log.info("Nothing was prepared: %s", said)
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
        return _prepare(endpoint, settings, least, token)


def _prepare(endpoint: Reached, settings: Settings, least: int, token: CancellationToken) -> int:
    connection = endpoint.connection
    if connection.dialect.name == "sqlite" or not _has_something_ahead(connection):
        return 0
    # Only now: a start at head is to load no more than it needs.
    from homecoming.prepare.steps import steps

    found = steps(connection, least)
    if all(step.is_done for step in found):
        return len(found)
    if endpoint.candidate.layer is Layer.POOLER:
        log.info("Nothing was prepared: a pooler gives every statement another session")
        return 0
    with _alone(connection, settings, token) as cursor:
        # Another process may have made some of them meanwhile.
        return sum(_made(step, cursor, token) for step in steps(connection, least))


def undo(settings: Settings, token: CancellationToken) -> list[Leftover]:
    """Take away what was made ahead and no run has adopted. Returns what it was. Raises: as `prepare`."""
    from homecoming.prepare.steps import leftovers

    with reached(settings, token=token) as endpoint:
        found = [] if endpoint.connection.dialect.name == "sqlite" else leftovers(endpoint.connection)
        if found:
            with _alone(endpoint.connection, settings, token) as cursor:
                for leftover in leftovers(endpoint.connection):
                    _run(leftover.undo, cursor, token)
        return found


def _has_something_ahead(connection: sa.Connection) -> bool:
    """Return whether revisions are pending, on a database that a run would not refuse. Raises: Refused."""
    script = ScriptDirectory.from_config(configuration())
    migration = versions_of(connection)
    if migration.get_current_heads() == tuple(script.get_heads()):
        return False
    refuse_foreign_database(connection, migration, script)
    refuse([issue for issue in find_issues(connection) if issue.refuses])
    return True


@contextlib.contextmanager
def _alone(connection: sa.Connection, settings: Settings, token: CancellationToken) -> Iterator[Any]:
    """Give a cursor each of whose statements is a transaction, while no other process prepares this database."""
    connection.rollback()
    raw: Any = connection.connection.dbapi_connection
    raw.autocommit = True
    with raw.cursor() as cursor:
        patience = Timeouts(0, settings.lock_timeout).settings.replace("SET LOCAL", "SET")
        cursor.execute(f"SET search_path = pg_catalog, pg_temp; {patience}")
        try:
            began = time.monotonic()
            while not _has_turn(cursor):
                if time.monotonic() - began > settings.lock_wait:
                    raise LockedError(tr("another process is preparing this database for too long"), tr("Wait for it"))
                token.cancelled.wait(_PAUSE)
                token.check()
            yield cursor
        finally:
            if not raw.closed:
                connection.rollback()
                cursor.execute("SELECT pg_advisory_unlock_all()")
                cursor.execute("RESET ALL")
                raw.autocommit = False


def _has_turn(cursor: Any) -> bool:
    # Beside the lock of runs, and of the session, since each step is a transaction.
    cursor.execute("SELECT pg_try_advisory_lock(%s)", (lock_key() ^ 1,))
    return bool(cursor.fetchone()[0])


def _made(step: Step, cursor: Any, token: CancellationToken) -> bool:
    """Make a step, and say so; where it cannot be made, take away what there is of it. Returns whether it is there."""
    if step.is_done:
        return True
    began = time.monotonic()
    try:
        for part in step.parts:
            _run(part, cursor, token)
    except psycopg2.Error as error:
        if cursor.connection.closed:
            raise sa.exc.OperationalError(step.name, None, error) from error
        with contextlib.suppress(psycopg2.Error):
            _run(step.undo, cursor, token)
        # The first line is what the server says; more would quote a row.
        log.info("Not prepared: %s; the run does it itself (%s)", step.label, str(error).splitlines()[0])
        return False
    log.info("Prepared: %s, about %d rows, %.1f s", step.label, step.rows, time.monotonic() - began)
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
