"""The register of what was retired: what it was, where its rows are kept, the SQL that makes it again."""

from __future__ import annotations

from typing import NamedTuple

import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.operations.messages import said
from homecoming.operations.sqlite.live import counted, kind_of, log
from homecoming.operations.sqlite.text import key

REGISTER = "retired_register"

# The key of ``Connection.info`` under which a run tells which revision it is at.
REVISION = "homecoming.revision"
# And the one under which it keeps what the revision found, as long as that is looked at.
BEFORE = "homecoming.before"

_CREATE = f"""CREATE TABLE {REGISTER} (
    id INTEGER NOT NULL PRIMARY KEY,
    revision TEXT,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    kept_in TEXT,
    definition TEXT,
    rows INTEGER,
    retired_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
)"""


_COLUMNS = {"id", "revision", "kind", "object", "kept_in", "definition", "rows", "retired_at"}


class Entry(NamedTuple):
    """A row of the register.

    Arguments: ``kind``, one of column, generated, table, rows, cells, changed, deleted, index, constraint, not null,
    trigger, view, reference (a foreign key that referred to a copy; one of a copy itself has none), and those of
    ``changes``, which begin with ``undo``: what a downgrade reads, and nothing that is retired;
    ``object``, what it was called, with its table: ``produtos.evento_id``; ``kept_in``, the table that keeps its rows;
    ``definition``, SQL.
    """

    id: int
    kind: str
    object: str
    kept_in: str
    definition: str


def refuse_another_register(connection: sa.Connection) -> None:
    """Refuse where something else has the register's name: asked first, since nearly every operation needs it.

    Errors: Refused, where it is no table, or one that lacks a column.
    """
    _is_there(connection)


def _is_there(connection: sa.Connection) -> bool:
    kind = kind_of(connection, REGISTER)
    columns = connection.exec_driver_sql("SELECT lower(name) FROM pragma_table_xinfo(?)", (REGISTER,)).scalars()
    if not kind or (kind == "table" and set(columns) >= _COLUMNS):
        return bool(kind)
    mend = f"ALTER TABLE {REGISTER} RENAME TO ..." if kind == "table" else f"DROP {kind.upper()} {REGISTER}"
    raise Refused(
        said("register_taken.what", name=REGISTER, kind=f"{'an' if kind == 'index' else 'a'} {kind}"),
        said("register_taken.todo", statement=mend),
    )


def rows_of(connection: sa.Connection, revision: str) -> int:
    """Return how many rows a revision has retired so far. Errors: Refused, as refuse_another_register()."""
    if not _is_there(connection):
        return 0
    statement = f"SELECT coalesce(sum(rows), 0) FROM {REGISTER} WHERE revision = ?"
    return int(connection.exec_driver_sql(statement, (revision,)).scalar_one())


def note(
    connection: sa.Connection,
    kind: str,
    name: str,
    *,
    kept_in: str | None = None,
    definition: str | None = None,
    rows: int | None = None,
    said: bool = True,
) -> None:
    """Enter what is retired, and say so unless told otherwise; the first entry makes the register.

    Errors: Refused, as refuse_another_register().
    """
    if not _is_there(connection):
        connection.exec_driver_sql(_CREATE)
    connection.exec_driver_sql(
        f"INSERT INTO {REGISTER} (revision, kind, object, kept_in, definition, rows) VALUES (?, ?, ?, ?, ?, ?)",
        (connection.info.get(REVISION), kind, name, kept_in, definition, rows),
    )
    if said:
        log.info("retired %s %s%s", kind, name, "" if rows is None else f" ({counted(rows, 'row', 'rows')})")


def enter(
    connection: sa.Connection, kind: str, name: str, *, kept_in: str | None = None, definition: str | None = None
) -> None:
    """Enter what the way back alone reads."""
    note(connection, kind, name, kept_in=kept_in, definition=definition, said=False)


def enter_for_undo(
    connection: sa.Connection, kind: str, name: str, *, kept_in: str | None = None, definition: str | None = None
) -> None:
    """Enter what the way back of a revision reads; nothing where no revision runs."""
    if connection.info.get(BEFORE):
        enter(connection, kind, name, kept_in=kept_in, definition=definition)


def last_id(connection: sa.Connection) -> int:
    """Return the id of the latest entry, 0 where there is none."""
    if not _is_there(connection):
        return 0
    return int(connection.exec_driver_sql(f"SELECT coalesce(max(id), 0) FROM {REGISTER}").scalar_one())


def entries_after(connection: sa.Connection, last: int) -> list[Entry]:
    """Return the entries of the revision of this moment after an id, the first one first."""
    if not _is_there(connection):
        return []
    rows = connection.exec_driver_sql(
        f"SELECT id, kind, object, kept_in, definition FROM {REGISTER} WHERE revision IS ? AND id > ? ORDER BY id",
        (connection.info.get(REVISION), last),
    )
    return [Entry(*row) for row in rows]


def entries(connection: sa.Connection, kind: str) -> list[Entry]:
    """Return the entries of a kind, the latest first."""
    if not _is_there(connection):
        return []
    statement = f"SELECT id, kind, object, kept_in, definition FROM {REGISTER} WHERE kind = ? ORDER BY id DESC"
    return [Entry(*row) for row in connection.exec_driver_sql(statement, (kind,))]


def noted(connection: sa.Connection, kind: str, name: str) -> Entry | None:
    """Return the latest entry for an object."""
    return next((entry for entry in entries(connection, kind) if key(entry.object) == key(name)), None)


def amend(connection: sa.Connection, entry: Entry, rows: int, name: str = "") -> None:
    """Say how many rows are still kept, and of what, where that has another name now."""
    statement = f"UPDATE {REGISTER} SET rows = ?, object = ? WHERE id = ?"
    connection.exec_driver_sql(statement, (rows, name or entry.object, entry.id))


def strike(connection: sa.Connection, entry: Entry) -> None:
    """Take an entry out; the last one takes the register with it."""
    connection.exec_driver_sql(f"DELETE FROM {REGISTER} WHERE id = ?", (entry.id,))
    if not connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM {REGISTER})").scalar():
        connection.exec_driver_sql(f"DROP TABLE {REGISTER}")
