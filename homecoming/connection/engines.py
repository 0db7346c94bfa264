"""Engines: one connection, no pool, and for SQLite a transaction that is really one."""

from __future__ import annotations

import contextlib
import functools
import math
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from homecoming.connection.first_look import ask_nothing
from homecoming.connection.locks import NO_LIMITS, Timeouts
from homecoming.connection.missing_file import refuse_missing
from homecoming.connection.sqlite_file import file_of, open_to_look, probe, read_header
from homecoming.errors import Refused, UsageError
from homecoming.language import tr
from homecoming.project import project

# What keeps a connection that a middlebox has forgotten from hanging for ever: libpq's defaults are the kernel's, two
# hours of silence before the first probe. Half a minute of silence, then three probes ten seconds apart; what was sent
# and not acknowledged is given up after as long. A URL may say otherwise.
KEEPALIVES = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}

# Whoever may create in a schema of the path could offer a function, an operator or a type that fits better than
# pg_catalog's, and it would run with our rights: so everything else is named. Only the transaction's: a pooler would
# hand a session's on to others.
SAFE_PATH = "SET LOCAL search_path = pg_catalog, pg_temp"

# Milliseconds without a statement after which a server ends a run whose client it has not heard the end of: behind a
# broken network it would hold its locks for hours. A run that lives sends the next one at once.
IDLE = 60_000

# An option of a connection, for who reads much and needs it to be of one moment: a backup.
ONE_MOMENT = "homecoming_one_moment"

# What a role, a database or the server may have set, lifted as every transaction of ours begins, a run's or a look's:
# what would end it from outside (the limit of whole transactions is there from PostgreSQL 17 on), refuse it views, hide
# rows that a GIN index finds, or put elsewhere what Alembic makes before the first operation. What only a superuser may
# lift, `lift_settings` in operations/postgresql/15_faults.sql lifts for a run, or refuses.
LIFTED = """SET LOCAL exit_on_error = off;
SET LOCAL default_tablespace = '';
SET LOCAL default_table_access_method = heap;
SET LOCAL gin_fuzzy_search_limit = 0;
SELECT set_config(name, CASE vartype WHEN 'string' THEN '' ELSE '0' END, true) FROM pg_settings
WHERE name IN ('transaction_timeout', 'restrict_nonsystem_relation_kind') AND setting NOT IN ('', '0')"""


def make_engine(
    url: sa.URL,
    read_only: bool = False,
    lock_wait: float = 300,
    connect_timeout: float = 10,
    timeouts: Timeouts = NO_LIMITS,
) -> sa.Engine:
    """Make the engine for a database.

    Arguments: ``url`` as settings give it; ``read_only``, true for commands that look (a missing SQLite file is
    then not made); ``lock_wait``, seconds a SQLite run waits for another one; ``connect_timeout``, seconds a server
    has to answer at each of its addresses; ``timeouts`` of its transactions on a server.
    Errors: UsageError or Refused where an SQLite file cannot be what is wanted.
    """
    if url.get_backend_name() == "sqlite":
        check_sqlite_file(url, read_only)
        file = file_of(url) if read_only else None
        if file is None:
            engine = sa.create_engine(url, poolclass=NullPool, connect_args={"timeout": lock_wait})
        else:
            look = functools.partial(open_to_look, file, lock_wait, url.query)
            engine = sa.create_engine(url, poolclass=NullPool, creator=look)
        prepare_sqlite(engine, read_only=read_only)
        return engine
    # libpq takes whole seconds.
    options = KEEPALIVES | {"connect_timeout": max(1, math.ceil(connect_timeout)), "client_encoding": "utf8"}
    asked = {name: value for name, value in options.items() if name not in url.query}
    engine = sa.create_engine(
        url,
        poolclass=NullPool,
        # No hstore here: SQLAlchemy would ask every new connection for its number.
        use_native_hstore=False,
        # A role may have another encoding set, which cannot spell every name.
        connect_args=asked | {"application_name": project().program},
    )
    _prepare_postgresql(engine, read_only, timeouts)
    return engine


def _prepare_postgresql(engine: sa.Engine, read_only: bool, timeouts: Timeouts) -> None:
    """Begin every transaction as a run needs it or, for who only looks, unable to write."""

    ask_nothing(engine.dialect, SAFE_PATH)

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        # Where what others commit is seen, whatever a role has asked for: a run waits for another, then looks.
        level = "REPEATABLE READ" if connection.get_execution_options().get(ONE_MOMENT) else "READ COMMITTED"
        secure(
            connection,
            f"SET TRANSACTION ISOLATION LEVEL {level}{', READ ONLY' if read_only else ''}; ",
            timeouts,
        )

    sa.event.listen(engine, "connect", _let_idle)
    sa.event.listen(engine, "close", _limit_again)


def _let_idle(dbapi_connection: Any, record: Any) -> None:
    """Lift the limit, there from PostgreSQL 14 on, that ends a session between two transactions: a run thinks there."""
    dbapi_connection.autocommit = True
    with dbapi_connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_catalog.set_config('idle_session_timeout', '0', false) "
            "WHERE pg_catalog.current_setting('idle_session_timeout', true) OPERATOR(pg_catalog.<>) '0'"
        )
        record.info["limit lifted"] = cursor.rowcount == 1
    dbapi_connection.autocommit = False


def _limit_again(dbapi_connection: Any, record: Any) -> None:
    """Leave the session as it was: a pooler gives it to others."""
    if record.info.pop("limit lifted", False):
        # A connection that is gone takes its settings with it.
        with contextlib.suppress(dbapi_connection.Error):
            dbapi_connection.rollback()
            dbapi_connection.autocommit = True
            with dbapi_connection.cursor() as cursor:
                cursor.execute("RESET idle_session_timeout")


def secure(connection: sa.Connection, first: str = "", timeouts: Timeouts = NO_LIMITS) -> None:
    """Find nothing by name outside pg_catalog until the transaction ends, and lift what would end it from outside.

    Every transaction of an engine of ours begins with it; a connection that somebody else made is given it.

    Arguments: ``first``, what goes before in the same message; ``timeouts``, which a run takes anew as it has its lock.

    SQLite has no schemas.
    """
    if connection.dialect.name == "postgresql":
        limits = f"SET LOCAL idle_in_transaction_session_timeout = {IDLE}; {timeouts.settings}"
        connection.exec_driver_sql(f"{first}{SAFE_PATH}; {limits}; {LIFTED}", execution_options={"no_parameters": True})


def check_sqlite_file(url: sa.URL, read_only: bool) -> None:
    """Look at the file before SQLite does, which would make a missing one and stumble over any other.

    Errors: UsageError as ``refuse_missing``, or for a folder; Refused for a file that is no SQLite database, or that
    cannot be written where it has to be.
    """
    file = file_of(url)
    if file is None:
        return
    # As it was written, unless it is a link: what is missing then is where that leads.
    written = Path(url.database or "")
    path = written if url.database and not url.database.startswith("file:") and not written.is_symlink() else file
    if path.is_dir():
        raise UsageError(
            tr("{path} is a folder", path=path),
            tr("Name a file in DATABASE_URL, such as {default_url}", default_url=project().default_url),
        )
    refuse_missing(path, read_only)
    if not path.exists():
        return
    try:
        header = read_header(file)
    except PermissionError:
        raise Refused(
            tr("{path} cannot be read by this user", path=path), tr("Change its permissions, then run again")
        ) from None
    if header is not None and (refusal := header.refusal(str(path), read_only)):
        raise refusal


def prepare_sqlite(engine: sa.Engine, read_only: bool = False) -> None:
    """Make an SQLite engine's transactions real: Python's driver would commit before DDL and begin only before DML.

    Foreign keys are off, as a rebuilt table needs (they are checked at the end instead); renames leave other
    tables' text alone.
    """
    if getattr(engine, "_homecoming_prepared", False):
        return
    engine._homecoming_prepared = True  # type: ignore[attr-defined]

    @sa.event.listens_for(engine, "connect")
    def _connected(dbapi_connection: Any, _record: object) -> None:
        dbapi_connection.isolation_level = None
        if not read_only and (file := file_of(engine.url)):
            probe(dbapi_connection, file)
        cursor = dbapi_connection.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("PRAGMA legacy_alter_table = ON")
        cursor.close()

    @sa.event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        # IMMEDIATE: the write lock is waited for here, with nothing done yet, rather than met in the middle.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
