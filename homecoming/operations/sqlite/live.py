"""Looking at the live catalogue of a SQLite file: tables, indexes, triggers, views, and how many rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.logs import get_logger
from homecoming.operations.messages import said
from homecoming.operations.sqlite import reading
from homecoming.operations.sqlite.table import FOREIGN_KEY, Constraint, Table
from homecoming.operations.sqlite.text import key, quote

log = get_logger("operations")

# Statements that are read as SQLite reads them. It takes a table's columns from its statement alone, so that what was
# compared once need not be again, in whatever file.
_UNDERSTOOD: set[str] = set()
_ENOUGH = 4096

# The highest id that a row can have.
_HIGHEST = (1 << 63) - 1

_TABLES = r"""
    SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
    AND rootpage > 0 ORDER BY rowid"""

# Those of constraints have another origin. CROSS keeps the order: SQLite would list a table's indexes anew for every
# row of sqlite_master.
_INDEXES = """
    SELECT l.name, l."unique", l.partial, m.sql, c.name AS "column", c."desc", c.coll FROM pragma_index_list(?) AS l
    CROSS JOIN sqlite_master AS m ON m.type = 'index' AND m.name = l.name CROSS JOIN pragma_index_xinfo(l.name) AS c
    WHERE l.origin = 'c' AND c.key ORDER BY m.rowid, c.seqno"""


class Index(NamedTuple):
    """An index that a CREATE INDEX made.

    Arguments: ``columns``, None where an expression, a condition, an order or a collation says more than names do.
    """

    name: str
    table: str
    unique: bool
    columns: tuple[str, ...] | None
    statement: str


class Trigger(NamedTuple):
    """A trigger of a table or of a view."""

    name: str
    table: str
    statement: str


def table_names(connection: sa.Connection) -> list[str]:
    """Return the names of the ordinary tables, oldest first."""
    return [str(row.name) for row in connection.exec_driver_sql(_TABLES)]


def read_table(connection: sa.Connection, name: str) -> Table | None:
    """Return a table, or None where no ordinary table has that name.

    Errors: Refused, where its definition cannot be read: a rebuild of it could lose something.
    """
    # A virtual table has no page, and its columns cannot be asked for where its module is not there.
    statement = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND rootpage > 0 AND name = ? COLLATE NOCASE"
    row = connection.exec_driver_sql(statement, (name,)).one_or_none() if name else None
    if row is None or row.sql is None:
        return None
    if row.sql in _UNDERSTOOD:
        return reading.read(str(row.sql))
    columns = connection.exec_driver_sql("SELECT name FROM pragma_table_xinfo(?) ORDER BY cid", (row.name,)).scalars()
    try:
        table = reading.read(row.sql)
    except reading.UnreadableError:
        table = None
    if table is None or [column.name for column in table.columns] != list(columns):
        raise Refused(
            said("unreadable.what", table=row.name),
            said("unreadable.todo", table=row.name),
        )
    if len(_UNDERSTOOD) >= _ENOUGH:
        _UNDERSTOOD.clear()
    _UNDERSTOOD.add(row.sql)
    return table


def all_tables(connection: sa.Connection) -> list[Table]:
    """Return every ordinary table, oldest first: by one query, where their statements were understood before.

    Errors: Refused, as `read_table`.
    """
    rows = connection.exec_driver_sql(_TABLES).all()
    tables = (
        reading.read(str(row.sql)) if row.sql in _UNDERSTOOD else read_table(connection, row.name) for row in rows
    )
    return [table for table in tables if table]


def read_tables(connection: sa.Connection) -> Iterator[Table]:
    """Yield every ordinary table as it is when its turn comes: what is done with one may change the next."""
    for name in table_names(connection):
        if table := read_table(connection, name):
            yield table


def indexes(connection: sa.Connection, table: str) -> list[Index]:
    """Return the indexes of a table; those that its constraints made are not among them."""
    found: dict[str, Index] = {}
    for row in connection.exec_driver_sql(_INDEXES, (table,)):
        plain = not row.partial and row.column is not None and not row.desc and row.coll == "BINARY"
        before = found.get(row.name)
        names = (row.column,) if plain else None
        if before:
            names = (*before.columns, row.column) if plain and before.columns else None
        found[row.name] = Index(row.name, table, bool(row.unique), names, row.sql)
    return list(found.values())


def triggers(connection: sa.Connection, table: str | None = None) -> list[Trigger]:
    """Return the triggers of a table or view, or all there are, oldest first."""
    statement = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY rowid"
    found = [Trigger(*row) for row in connection.exec_driver_sql(statement)]
    return [trigger for trigger in found if table is None or key(trigger.table) == key(table)]


def views(connection: sa.Connection) -> dict[str, str]:
    """Return the views by name, with their statements, oldest first."""
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'view' ORDER BY rowid")
    return {row.name: row.sql for row in rows}


def kind_of(connection: sa.Connection, name: str) -> str:
    """Return what has that name: ``table``, ``view``, ``index``, or nothing. Triggers have names of their own."""
    statement = "SELECT type FROM sqlite_master WHERE type <> 'trigger' AND name = ? COLLATE NOCASE"
    return str(connection.exec_driver_sql(statement, (name,)).scalar() or "")


def owner_of_index(connection: sa.Connection, name: str) -> str:
    """Return the table that the index of that name is on, or nothing."""
    statement = "SELECT tbl_name FROM sqlite_master WHERE type = 'index' AND name = ? COLLATE NOCASE"
    return str(connection.exec_driver_sql(statement, (name,)).scalar() or "")


def free_name(connection: sa.Connection, wanted: str) -> str:
    """Return the wanted name, or the same with _2, _3, ... where it is taken."""
    name, number = wanted, 1
    while kind_of(connection, name):
        number += 1
        name = f"{wanted}_{number}"
    return name


def foreign_keys_to(connection: sa.Connection, target: str) -> Iterator[tuple[Table, Constraint]]:
    """Yield the foreign keys of other tables that refer to a table, whether it exists or not."""
    for table in read_tables(connection):
        for constraint in table.of_kind(FOREIGN_KEY):
            if key(constraint.target) == key(target) != key(table.name):
                yield table, constraint


def references(connection: sa.Connection, live: Table) -> str:
    """Return SQL for how many rows refer to a row of a table, by whatever foreign key; itself does not count."""
    own = [(live, constraint) for constraint in live.of_kind(FOREIGN_KEY) if key(constraint.target) == key(live.name)]
    counts = ["0"]
    for child, constraint in [*foreign_keys_to(connection, live.name), *own]:
        there = constraint.target_columns or live.primary_key
        if len(there) == len(constraint.columns) and live.has(*there):
            pairs = zip(constraint.columns, there, strict=True)
            same = " AND ".join(f"child.{quote(one)} = {quote(live.name)}.{quote(other)}" for one, other in pairs)
            but = f" AND child.id <> {quote(live.name)}.id" if child is live else ""
            counts.append(f"(SELECT count(*) FROM {quote(child.name)} AS child WHERE {same}{but})")
    return " + ".join(counts)


def count(connection: sa.Connection, statement: str) -> int:
    """Return the one number that a statement gives."""
    return int(connection.exec_driver_sql(statement).scalar_one())


def fresh_ids(connection: sa.Connection, wanted: int, one: str, other: str) -> str:
    """Return a SELECT of so many ids that no row of two tables has, each with its place.

    They come after the highest or, where these are used up, are the highest that are free.
    """
    tables = (quote(one), quote(other))
    top = max(count(connection, f"SELECT coalesce(max(CAST(id AS INTEGER)), 0) FROM {table}") for table in tables)
    first, step, tried = top + 1, "+ 1", wanted
    if top + wanted > _HIGHEST:
        tried += sum(count(connection, f"SELECT count(*) FROM {table}") for table in tables)
        first, step = _HIGHEST, "- 1"
    free = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.id = tried.id)" for table in tables)
    return (
        f"WITH RECURSIVE tried (id) AS (SELECT {first} UNION ALL SELECT id {step} FROM tried LIMIT {tried}) "
        f"SELECT row_number() OVER (ORDER BY id) AS place, id FROM (SELECT id FROM tried WHERE {free} "
        f"ORDER BY id {'DESC' if step == '- 1' else 'ASC'} LIMIT {wanted})"
    )


def count_where(connection: sa.Connection, table: str, condition: str) -> int:
    """Return how many rows of a table satisfy a condition."""
    return count(connection, f"SELECT count(*) FROM {quote(table)} WHERE {condition}")


def has_rows(connection: sa.Connection, table: str) -> bool:
    """Whether a table holds rows."""
    return bool(count(connection, f"SELECT EXISTS (SELECT 1 FROM {quote(table)})"))


def counted(number: int, one: str, many: str) -> str:
    """Return a number with the words that agree with it."""
    return f"{number} {one if number == 1 else many}"
