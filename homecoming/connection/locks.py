"""One run at a time: a lock that lasts as long as the transaction, so that a pooler cannot keep it; and who is in the
way of a run.
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import resources

import sqlalchemy as sa

from homecoming.errors import LockedError
from homecoming.events import tell
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.project import project
from homecoming.settings import Settings

log = get_logger("connection")


def lock_key() -> int:
    """Return the number of the lock of runs, online and pasted: the project's prefix in ASCII."""
    return int.from_bytes(project().prefix.encode("ascii"))


# SQLSTATE of a lock that was not given in time.
NOT_IN_TIME = "55P03"

# Milliseconds after which a server notices that the client of a long statement is gone, and frees its locks; from
# PostgreSQL 14 on, which can look at a socket meanwhile.
CLIENT_CHECK = 1000


class RunLockedError(LockedError):
    """Another run holds the lock of runs."""


def lock_run(connection: sa.Connection, settings: Settings) -> None:
    """Wait for other runs, then hold the lock until the transaction ends.

    SQLite needs nothing more: its transaction began with the write lock.
    Errors: RunLockedError when another run is not done in ``settings.lock_wait`` seconds.
    """
    if connection.dialect.name != "postgresql":
        return
    # The wait has its own timeout; the short one for table locks comes after it.
    wait = f"SET LOCAL lock_timeout = {milliseconds(settings.lock_wait) or 1}"
    # A role's own time limit for statements is not for the wait; ours comes after it.
    wait += "; SET LOCAL statement_timeout = 0"
    if (connection.dialect.server_version_info or ()) >= (14,):
        # Other systems may not be able to look, and then refuse the setting.
        check = f"set_config('client_connection_check_interval', '{CLIENT_CHECK}', true)"
        wait += f"; SELECT {check} WHERE version() LIKE '%linux%'"
    connection.exec_driver_sql(wait, execution_options={"no_parameters": True})
    asked = time.monotonic()
    try:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "pgcode", None) == NOT_IN_TIME:
            raise RunLockedError(
                tr("another run holds the lock for more than {lock_wait:g} s", lock_wait=settings.lock_wait),
                tr(
                    "Wait for it, then run again. See it: SELECT pid, query_start FROM pg_stat_activity"
                    " WHERE application_name = '{program}'",
                    program=project().program,
                ),
            ) from None
        raise
    finally:
        tell_waited("run", time.monotonic() - asked)
    connection.exec_driver_sql(Timeouts(settings.statement_timeout, settings.lock_timeout).settings)


def tell_waited(on: str, seconds: float) -> None:
    """Tell for how many seconds a lock was waited for: that of runs (``run``), or a table that is held (``table``)."""
    tell(log, logging.DEBUG, "lock_waited", {"on": on, "seconds": round(seconds, 3)}, "waited %.3f s", seconds)


def milliseconds(seconds: float) -> int:
    """Return a timeout as PostgreSQL takes it, to which 0 is one without end: less than a millisecond is one."""
    return max(1, round(seconds * 1000)) if seconds else 0


@dataclass(frozen=True)
class Timeouts:
    """How many seconds a statement may take, and wait for a table, before a run or a look says otherwise; 0: any.

    Ours in place of what a role, a database or the server has set, which may be milliseconds.
    """

    statement: float = 0
    lock: float = 0

    @property
    def settings(self) -> str:
        """The statements that set it for a transaction."""
        return (
            f"SET LOCAL statement_timeout = {milliseconds(self.statement)}; "
            f"SET LOCAL lock_timeout = {milliseconds(self.lock)}"
        )


NO_LIMITS = Timeouts()


@dataclass(frozen=True)
class Holder:
    """A session that holds tables, or the lock of runs: who it is, since when, and what ends it."""

    pid: int | None
    role: str | None
    application: str | None
    since: datetime | None
    tables: tuple[str, ...]
    prepared: str | None

    def __str__(self) -> str:
        if self.prepared is not None:
            return tr("the prepared transaction {prepared!r}", prepared=self.prepared)
        since = f"{self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC" if self.since else tr("unknown")
        # A role that may not look at others' sessions sees neither: no name, and no time.
        application = self.application or (tr("without a name") if self.since else tr("unknown"))
        return tr(
            "pid {pid}, user {role}, application {application}, query start {since}",
            pid=self.pid,
            role=self.role or tr("unknown"),
            application=application,
            since=since,
        )

    @property
    def end(self) -> str:
        """The statement that ends it."""
        if self.prepared is not None:
            return "ROLLBACK PREPARED '" + self.prepared.replace("'", "''") + "'"
        return f"SELECT pg_terminate_backend({self.pid})"


def holders(connection: sa.Connection) -> list[Holder]:
    """Return who holds tables of schema public now, the strongest lock first; empty on SQLite, which cannot tell.

    It runs in a transaction of its own or in the caller's, in one round trip, and waits for nobody.
    """
    return _asked(connection, "table")


def runs(connection: sa.Connection) -> list[Holder]:
    """Return who holds the lock of runs now; empty on SQLite."""
    return _asked(connection, "run")


def _asked(connection: sa.Connection, kind: str) -> list[Holder]:
    if connection.dialect.name != "postgresql":
        return []
    query = resources.files(__package__).joinpath("holders.sql").read_text("utf-8")
    rows = connection.execute(sa.text(query), {"kind": kind, "key": lock_key()})
    return [Holder(*row) for row in rows]


def named(error: LockedError, found: list[Holder], context: str = "") -> LockedError:
    """Return an error that names who is in the way; the same one where nobody is any more.

    Arguments: ``found``, who holds anything; ``context`` of the server's error, where its statement names its tables.
    """
    if not found:
        return error
    found = in_the_way(found, context) or found
    first = found[0]
    who = tr("{holder}", holder=first)
    if first.tables:
        tables = ", ".join(first.tables[:3]) + (", ..." if len(first.tables) > 3 else "")
        who = tr("{holder} (it holds a lock of {tables})", holder=first, tables=tables)
    if len(found) > 1:
        who = tr("{holder}, and {more} more", holder=who, more=len(found) - 1)
    return type(error)(tr("{what}: {holder}", what=error.what, holder=who), _end(error, first))


def in_the_way(found: list[Holder], context: str) -> list[Holder]:
    """Return those that hold a table which the server's error names."""
    words = set(re.findall(r"\w+", context))
    return [holder for holder in found if words.intersection(holder.tables)]


# For as long as a run waits for a table a session may be idle between two statements of its own.
_END_IDLE = sa.text(
    "SELECT pid, pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE pid = ANY(:pids)"
    " AND state LIKE 'idle in transaction%' AND state_change < now() - make_interval(secs => :seconds)"
)


def end_idle(connection: sa.Connection, found: list[Holder], seconds: float) -> None:
    """End the sessions that hold something and have said nothing for so many seconds; the log names each.

    Their transactions are rolled back: the application sees its connection closed.
    Errors: sqlalchemy.exc.DBAPIError, such as where the role may not.
    """
    named = {holder.pid: holder for holder in found if holder.pid is not None}
    if not named:
        return
    for pid, _ in connection.execute(_END_IDLE, {"pids": list(named), "seconds": seconds}).all():
        log.warning("Ended, since it was idle in its transaction: %s", named[pid])


def _end(error: LockedError, holder: Holder) -> str:
    if isinstance(error, RunLockedError):
        return tr("Wait for it, then run again. If it hangs: {end}", end=holder.end)
    return tr("Nothing was changed. End it, then run again: {end}", end=holder.end)
