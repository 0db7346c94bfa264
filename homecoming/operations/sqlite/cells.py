"""Retired cells: a column's values, each with what its row is known by, in a table of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.operations.messages import said
from homecoming.operations.sqlite.identity import IDENTITY
from homecoming.operations.sqlite.live import count, count_where, counted, free_name, log, read_table
from homecoming.operations.sqlite.register import Entry, amend, entries, note, strike
from homecoming.operations.sqlite.table import Column, Table, primary_key
from homecoming.operations.sqlite.text import affinity, key, listed, quote


def archive_cells(connection: sa.Connection, kind: str, table: Table, column: Column, condition: str = "") -> int:
    """Keep a column's cells in ``retired_<table>__<column>``, with ``__before`` where they are about to change.

    Arguments: ``kind``, ``column``, ``generated`` or ``cells``, for the register; ``condition``, which rows, if not
    all. Returns how many rows are kept; where there is none, nothing is made.
    Errors: Refused, where nothing would tell afterwards which row a cell was of.
    """
    rows = count_where(connection, table.name, condition or "1")
    if rows:
        ending = "__before" if kind in ("cells", "changed") else ""
        name = free_name(connection, f"retired_{table.name}__{column.name}{ending}")
        kept = _archive_table(connection, name, table, column)
        connection.exec_driver_sql(kept.statement())
        columns = listed(column.name for column in kept.columns)
        connection.exec_driver_sql(
            f"INSERT INTO {quote(name)} ({columns}) SELECT {columns} FROM {quote(table.name)} WHERE {condition or 1}"
        )
        definition = None if kind in ("cells", "changed") else column.spelled
        note(connection, kind, f"{table.name}.{column.name}", kept_in=name, definition=definition, rows=rows)
    return rows


def archive_converted(connection: sa.Connection, live: Table, target: Table, given: Mapping[str, str]) -> None:
    """Keep the cells that a rebuild changes, and that the way back would not spell the same by itself.

    Arguments: ``target``, what the table becomes; ``given``, SQL for columns that do not simply keep their value.
    """
    values = {key(name): value for name, value in given.items()}
    for column in live.columns:
        new = target.column(column.name)
        value = values.get(key(column.name), quote(column.name))
        if new is None or column.generated or new.generated:
            continue
        if affinity(new.type) == affinity(column.type) and value in (quote(column.name), quote(new.name)):
            continue
        keys = _keys(connection, live, column) or ((live.row_number,) if live.row_number else ())
        # What changes a key's own spelling has no other key to be found by.
        if keys and key(column.name) not in map(key, keys):
            _archive_what_differs(connection, live, column, new.type, value, keys)


def _archive_what_differs(
    connection: sa.Connection, live: Table, column: Column, type_: str, value: str, keys: Sequence[str]
) -> None:
    """Keep a column's cells that are others once they were in a column of that type, and in one of their own again."""
    here, names = quote(live.name), [f"key_{number}" for number in range(len(keys))]
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE converted ({', '.join(names)}, there {type_}, back {column.type}, "
        f"PRIMARY KEY ({', '.join(names)}))"
    )
    connection.exec_driver_sql(
        f"INSERT OR IGNORE INTO temp.converted SELECT {listed(keys)}, {value}, NULL FROM {here} "
        f"WHERE {quote(column.name)} IS NOT NULL"
    )
    connection.exec_driver_sql("UPDATE temp.converted SET back = there")
    same = " AND ".join(f"converted.{name} = {here}.{quote(own)}" for name, own in zip(names, keys, strict=True))
    # As literals they are compared to the letter: 1, 1.0 and '1' are three.
    archive_cells(
        connection,
        "cells",
        live,
        column,
        f"EXISTS (SELECT 1 FROM temp.converted WHERE {same} AND quote(back) <> quote({here}.{quote(column.name)}))",
    )
    connection.exec_driver_sql("DROP TABLE temp.converted")


def _archive_table(connection: sa.Connection, name: str, table: Table, column: Column) -> Table:
    """Return the table that is to keep a column's cells: the key of their rows, the cells, and what tells the rows."""
    keys = _keys(connection, table, column)
    if key(column.name) in map(key, keys):
        raise Refused(
            said("key_changes.what", table=table.name, column=column.name),
            said("key_changes.todo"),
        )
    if keys:
        own = [c for c in (table.column(name) for name in keys) if c]
        told = [c for c in (table.column(name) for name in IDENTITY) if c and c not in own and c != column]
    else:
        # A row number may be another row's tomorrow: such a row is known again by all that it holds.
        own = [Column(table.row_number, "INTEGER")]
        told = [c for c in table.columns if c != column and not c.generated]
    required = "NOT NULL" if [key(c.name) for c in own] == ["id"] else ""
    columns = [Column(c.name, c.type, not_null=required) for c in own]
    columns += [Column(c.name, c.type) for c in (column, *told)]
    return Table(name, tuple(columns), (primary_key(c.name for c in own),))


def _keys(connection: sa.Connection, table: Table, column: Column) -> tuple[str, ...]:
    """Return the columns that tell the rows of a table apart, and keep their values; none where there are none."""
    if table.has("id") and key(column.name) != "id":
        repeated = f"SELECT count(*) - count(DISTINCT id) FROM {quote(table.name)}"
        if not count(connection, repeated):
            return ("id",)
    keys = table.primary_key
    return () if table.row_number and key(column.name) in map(key, keys) else keys


def kept(connection: sa.Connection, kind: str, name: str) -> list[tuple[Entry, Table]]:
    """Return the entries for an object, the latest first, with the tables that keep its cells."""
    found = [entry for entry in entries(connection, kind) if key(entry.object) == key(name) and entry.kept_in]
    tables = [(entry, read_table(connection, entry.kept_in)) for entry in found]
    return [(entry, table) for entry, table in tables if table is not None]


def identity_match(archive: Table, live: Table, column: str) -> str:
    """Return the SQL condition that the row AS kept of ``archive`` is that of ``live``, by key and identity."""
    keys, name = archive.primary_key, quote(live.name)
    by_number = keys == (live.row_number,)
    if not by_number and not live.has(*keys):
        return "0"
    parts = [f"kept.{quote(own)} = {name}.{quote(own)}" for own in keys]
    told = [
        quote(c.name) for c in archive.columns if c.name not in keys and key(c.name) != key(column) and live.has(c.name)
    ]
    if by_number:
        parts += [f"kept.{other} IS {name}.{other}" for other in told]
    elif told:
        # NULL says nothing about who a row is; where one says nothing at all, its key does.
        same = [f"kept.{other} = {name}.{other}" for other in told]
        same += [f"coalesce({', '.join([f'{row}.{other}' for other in told])}, NULL) IS NULL" for row in ("kept", name)]
        parts.append(f"({' OR '.join(same)})")
    return " AND ".join(parts)


def kept_value(archives: Sequence[Table], column: str, live: Table) -> str:
    """Return SQL for the cell that is kept for a row of ``live``: that of the first of ``archives`` that has one."""
    found = [
        f"(SELECT kept.{quote(column)} FROM {quote(archive.name)} AS kept"
        f" WHERE {identity_match(archive, live, column)})"
        for archive in archives
    ]
    return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})" if found else "NULL"


def release(
    connection: sa.Connection, entry: Entry, archive: Table, column: str, live: Table, every: bool = False
) -> None:
    """Drop the kept cells that are back in ``live``; those whose rows are gone, or are others now, stay kept.

    Arguments: ``every``, true where each row has the cell that was kept for it, if in another spelling.
    """
    source, here = quote(archive.name), f"{quote(live.name)}.{quote(column)}"
    back = "1" if every else f"(kept.{quote(column)} IS NULL OR {here} IS kept.{quote(column)})"
    connection.exec_driver_sql(
        f"DELETE FROM {source} AS kept WHERE EXISTS "
        f"(SELECT 1 FROM {quote(live.name)} WHERE {identity_match(archive, live, column)} AND {back})"
    )
    rows = count_where(connection, archive.name, "1")
    if rows:
        amend(connection, entry, rows)
        stay = counted(rows, "cell stays", "cells stay")
        log.warning("%s: %s retired: the row is gone, is another now, or has a newer value", entry.object, stay)
    else:
        connection.exec_driver_sql(f"DROP TABLE {source}")
        strike(connection, entry)
