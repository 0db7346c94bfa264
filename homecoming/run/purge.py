"""What is kept of retired things deleted for good, as the law on personal data may ask it; the way back stays whole.

Of each thing that is older its rows go. The table that kept them stays, empty, and the register says so: the way back
makes the column or the table again, without them, and says what it lacks. It is a run like others: under the lock of
runs, in one transaction, with a line in migration_history.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from homecoming.connection.engines import secure
from homecoming.connection.failures import meaning
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import lock_run
from homecoming.connection.reach import reached
from homecoming.connection.sqlite_file import file_of
from homecoming.errors import Refused, UsageError
from homecoming.events import run_named
from homecoming.history.bookkeeping import refuse_impostors, versions_of
from homecoming.history.configuration import configuration
from homecoming.history.retired_objects import Kept, read_kept
from homecoming.history.run_history import Purged, history_of
from homecoming.language import tr, trn
from homecoming.logs import get_logger
from homecoming.preflight.preflight import refuse_foreign_database
from homecoming.settings import Settings

log = get_logger("deploy")

_UNSAID = {"no_parameters": True}

# Foreign keys of others that refer to a table in schema retired: what would refer to nothing.
_REFERRED = (
    "SELECT c.conrelid::regclass::text, c.conname::text FROM pg_constraint c "
    "WHERE c.contype = 'f' AND c.confrelid = to_regclass(format('retired.%I', CAST(:name AS text))) "
    "AND c.conrelid <> c.confrelid"
)
_PURGED = "{rows} purged on {date}, as somebody asked: they do not come back"


@dataclass(frozen=True)
class Done:
    """What a purge deleted: the things, and their rows."""

    things: tuple[Kept, ...]
    rows: int


def purge(settings: Settings, older_than: timedelta, confirm: str, token: CancellationToken) -> Done:
    """Delete the rows of what was retired longer ago than that.

    Arguments: ``confirm``, the name of the database, so that it is not another's; ``token``, which ends it.
    Errors: UsageError where it is not its name; Refused where rows of others refer to what is to go; else as a run.
    """
    before = datetime.now(UTC) - older_than
    with run_named(), reached(settings, token=token) as endpoint:
        connection = endpoint.connection
        log.info("Database: %s", endpoint.candidate)
        _refuse_another(settings, endpoint.candidate.url, confirm)
        try:
            # What is deleted is overwritten, in the log of a file as well. Neither is said within a transaction.
            _outside(connection, "PRAGMA secure_delete = ON")
            begun = connection.begin()
            secure(connection)
            lock_run(connection, settings)
            found = _purge(connection, before)
            if found:
                token.committing()
                begun.commit()
                token.committed()
            else:
                begun.rollback()
            _outside(connection, "PRAGMA wal_checkpoint(TRUNCATE)")
        except sa.exc.DBAPIError as error:
            raise meaning(error, endpoint.candidate.source, connection) from error
    return Done(found, sum(thing.rows or 0 for thing in found))


def _outside(connection: sa.Connection, pragma: str) -> None:
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name == "sqlite":
        raw.execute(pragma).fetchall()


def _refuse_another(settings: Settings, url: sa.URL, confirm: str) -> None:
    file = file_of(settings.database_url) if url.get_backend_name() == "sqlite" else None
    name = file.name if file else str(url.database)
    if confirm != name:
        raise UsageError(
            tr("the database is {name}, and CONFIRM names another", name=name),
            tr("Where it is meant, give CONFIRM={name}", name=name),
        )


def _purge(connection: sa.Connection, before: datetime) -> tuple[Kept, ...]:
    refuse_impostors(connection)
    migration = versions_of(connection)
    refuse_foreign_database(connection, migration, ScriptDirectory.from_config(configuration()))
    found = tuple(thing for thing in read_kept(connection) if thing.table and thing.rows and thing.entry.at < before)
    if not found:
        return ()
    _refuse_referred(connection, found)
    at = migration.get_current_revision()
    rows = sum(thing.rows or 0 for thing in found)
    # As a run begins and ends: its settings, its line.
    history = history_of(_of_a_run(connection), "command", beside=Purged(at, rows))
    history.begin_run()
    for thing in found:
        _empty(connection, thing)
        rows_gone = trn("{n} row", "{n} rows", thing.rows or 0)
        log.info("%s: %s deleted, of revision %s", thing.name, rows_gone, thing.entry.revision)
    history.end_run()
    return found


def _of_a_run(connection: sa.Connection) -> MigrationContext:
    """Return Alembic's view of a connection for a run that goes nowhere."""
    return MigrationContext.configure(connection, opts={"version_table_schema": None})


def _refuse_referred(connection: sa.Connection, found: Sequence[Kept]) -> None:
    if connection.dialect.name != "postgresql":
        # A table of SQLite that is retired has another name: what referred to it was turned, or refers to nothing.
        return
    for thing in found:
        for child, constraint in connection.execute(sa.text(_REFERRED), {"name": thing.kept_in}):
            raise Refused(
                tr(
                    "{child} refers to the rows of {table} by its foreign key {constraint}",
                    child=child,
                    table=thing.table,
                    constraint=constraint,
                ),
                tr("Nothing was deleted. Drop that foreign key, or turn it to another table, then run again"),
            )


def _empty(connection: sa.Connection, thing: Kept) -> None:
    """Delete the rows, and have the register say so, with what the way back is to say."""
    is_postgresql = connection.dialect.name == "postgresql"
    # TRUNCATE gives the file itself back; SQLite overwrites what it deletes.
    statement = f"TRUNCATE ONLY {thing.table}" if is_postgresql else f"DELETE FROM {thing.table}"
    connection.exec_driver_sql(statement, execution_options=_UNSAID)
    register = "retired.register" if is_postgresql else "retired_register"
    entry, text = thing.entry, _PURGED.format(rows=_counted(thing.rows), date=f"{datetime.now(UTC):%Y-%m-%d}")
    connection.execute(sa.text(f"UPDATE {register} SET rows = 0 WHERE id = :id"), {"id": thing.id})
    said = {"revision": entry.revision or None, "kind": "undo purged", "object": thing.name, "definition": text}
    names = ", ".join(said)
    values = ", ".join(f":{name}" for name in said)
    connection.execute(sa.text(f"INSERT INTO {register} ({names}) VALUES ({values})"), said)


def _counted(rows: int | None) -> str:
    return f"{rows} {'row' if rows == 1 else 'rows'}"
