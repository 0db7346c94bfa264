"""One run at a time: a lock that lasts as long as the transaction, so that a pooler cannot keep it."""

from __future__ import annotations

import sqlalchemy as sa

from painel_migrations.errors import LockedError
from painel_migrations.settings import Settings

# The same number for every run, online or pasted: "painel" in ASCII.
LOCK_KEY = 0x7061696E656C


def lock_run(connection: sa.Connection, settings: Settings) -> None:
    """Wait for other runs, then hold the lock until the transaction ends.

    SQLite needs nothing more: its transaction began with the write lock.
    Errors: LockedError when another run is not done in ``settings.lock_wait`` seconds.
    """
    if connection.dialect.name != "postgresql":
        return
    # The wait has its own patience; the short one for table locks comes after it.
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_milliseconds(settings.lock_wait) or 1}")
    try:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
    except sa.exc.OperationalError as error:
        if getattr(error.orig, "pgcode", None) == "55P03":
            raise LockedError(
                f"another run holds the lock for more than {settings.lock_wait:g} s",
                "Wait for it, then run again. See it: SELECT pid, query_start FROM pg_stat_activity "
                "WHERE application_name = 'painel-migrations'",
            ) from None
        raise
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {_milliseconds(settings.lock_timeout)}")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = {_milliseconds(settings.statement_timeout)}")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
