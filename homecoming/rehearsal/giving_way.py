"""A rehearsal that gives way: it ends as soon as somebody waits for what it holds, and nothing was lost by it.

It would hold the tables as long as a run, for nothing but an answer. So a second session looks who waits for the first
one, and cancels it where somebody does at two looks: that is how long a customer waits.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator

import sqlalchemy as sa

from homecoming.connection.locks import Timeouts
from homecoming.connection.reach import RAISED, opened
from homecoming.errors import HomecomingError
from homecoming.language import tr

# Seconds between two looks, and those that a rehearsal tries to get its tables: all of them at once, and none of these
# tries is longer than a tenth.
EVERY = 0.02
TRIES = 0.3
# Seconds that the second session has to come, and each of its looks.
WITHIN = 3.0
_WAITING = sa.text("SELECT pid FROM pg_locks WHERE NOT granted AND :first = ANY (pg_blocking_pids(pid))")
_CANCEL = sa.text("SELECT pg_cancel_backend(:first)")


class GaveWayError(HomecomingError):
    """Somebody waited for a table that the rehearsal held, or nobody could look whether somebody does."""

    exit_code = 5


class Watch:
    """Who waits for a session, looked at by another until it is over; ``gave_way`` once the first one was cancelled."""

    def __init__(self, connection: sa.Connection, first: int) -> None:
        self.gave_way = False
        self._connection = connection
        self._first = first
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Look no more."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        waited: set[int] = set()
        first = {"first": self._first}
        # Where the looks themselves fail nobody is watched any more: what a server that is gone holds, it lets go.
        with contextlib.suppress(sa.exc.SQLAlchemyError):
            while not self._over.wait(EVERY):
                waiting = set(self._connection.execute(_WAITING, first).scalars())
                if waited & waiting:
                    # Once more at the next look: a session that is between two statements does not hear it.
                    self.gave_way = True
                    self._connection.execute(_CANCEL, first)
                waited = waiting


@contextlib.contextmanager
def giving_way(connection: sa.Connection) -> Iterator[Watch | None]:
    """Have the work of the block cancelled where somebody waits for it; its transaction is rolled back at its end.

    Gives who looks, None on SQLite, where a rehearsal has a copy, and nobody waits.

    Arguments: ``connection``, in its transaction.
    Errors: GaveWayError in place of the driver's, where that is why it ended.
    """
    if connection.dialect.name != "postgresql":
        yield None
        return
    first = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    try:
        # A pooler may have no second one to give.
        looking = opened(connection.engine.url, WITHIN, time.monotonic() + WITHIN, True, Timeouts(WITHIN, WITHIN))
    except RAISED as error:
        raise GaveWayError(tr("no second session could look whether somebody waits for it"), "") from error
    with looking:
        watch = Watch(looking, first)
        try:
            yield watch
        except (HomecomingError, sa.exc.SQLAlchemyError) as error:
            # First, or it would cancel what comes next. The error itself has let the tables go.
            watch.end()
            connection.rollback()
            if watch.gave_way:
                raise GaveWayError(tr("somebody waited for a table that it held, and went first"), "") from error
            raise
        finally:
            watch.end()
        # What is printed afterwards takes time, too.
        connection.rollback()
