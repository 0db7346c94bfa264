"""Retired cells: a column's values by row, in a table of their own, with what tells the row from one of its id."""

from __future__ import annotations

import sqlalchemy as sa

from painel_migrations.operations.sqlite.live import count, count_where, counted, free_name, log, read_table
from painel_migrations.operations.sqlite.register import Entry, lessen, note, strike
from painel_migrations.operations.sqlite.table import Column, Table, primary_key
from painel_migrations.operations.sqlite.text import key, listed, quote

# SQLite gives the highest id again once its row is deleted. A row may be renamed, but not made again at another time
# as well.
_NAME, _MOMENT = "nome", "criado_em"


def keep(connection: sa.Connection, kind: str, table: Table, column: Column, condition: str = "") -> int:
    """Keep a column's cells in ``retired_<table>__<column>``, with ``__before`` where they are about to change.

    Beside them, where the table has them, stand the row's ``nome`` and ``criado_em``, as ``row_nome`` and
    ``row_criado_em``.

    Arguments: ``kind``, ``column`` or ``cells``, for the register; ``condition``, which rows, if not all.
    Returns how many rows are kept; where there is none, nothing is made.
    """
    rows = count_where(connection, table.name, condition or "1")
    if rows:
        ending = "__before" if kind == "cells" else ""
        name = free_name(connection, f"retired_{table.name}__{column.name}{ending}")
        id_column = table.column("id")
        key_type = id_column.type if id_column else "INTEGER"
        marks = [
            mark
            for wanted in (_NAME, _MOMENT)
            if wanted != key(column.name) and (mark := table.column(wanted)) is not None
        ]
        kept = Table(
            name,
            (
                Column("id", key_type, not_null="NOT NULL"),
                Column(column.name, column.type),
                *(Column(f"row_{key(mark.name)}", mark.type) for mark in marks),
            ),
            (primary_key(["id"]),),
        )
        connection.exec_driver_sql(kept.statement())
        names = listed(["id", column.name, *(mark.name for mark in marks)])
        connection.exec_driver_sql(
            f"INSERT INTO {quote(name)} SELECT {names} FROM {quote(table.name)} WHERE {condition or 1}"
        )
        definition = column.spelled if kind == "column" else None
        note(connection, kind, f"{table.name}.{column.name}", kept_in=name, definition=definition, rows=rows)
    return rows


def kept_value(connection: sa.Connection, entry: Entry, column: str, table: Table) -> str:
    """Return SQL for the cell that is kept for a row of ``table``; NULL for another row that has its id by now."""
    return f"(SELECT kept.{quote(column)} FROM {quote(entry.kept_in)} AS kept WHERE {_same(connection, entry, table)})"


def has_cell(connection: sa.Connection, entry: Entry, table: Table) -> str:
    """Return the SQL condition that a cell is kept for a row of ``table``."""
    return f"EXISTS (SELECT 1 FROM {quote(entry.kept_in)} AS kept WHERE {_same(connection, entry, table)})"


def let_go(connection: sa.Connection, entry: Entry, column: str, table: Table) -> None:
    """Drop the kept cells whose rows are in ``table``, where they are back. The others stay, reported."""
    kept = quote(entry.kept_in)
    connection.exec_driver_sql(
        f"DELETE FROM {kept} AS kept WHERE kept.{quote(column)} IS NULL "
        f"OR EXISTS (SELECT 1 FROM {quote(table.name)} WHERE {_same(connection, entry, table)})"
    )
    left = count(connection, f"SELECT count(*) FROM {kept}")
    if left:
        lessen(connection, entry, left)
        stay = counted(left, "cell stays", "cells stay")
        log.warning("%s: %s in %s: the rows are gone", entry.object, stay, entry.kept_in)
        return
    connection.exec_driver_sql(f"DROP TABLE {kept}")
    strike(connection, entry)


def _same(connection: sa.Connection, entry: Entry, table: Table) -> str:
    """Return the SQL condition that the row of ``kept`` is of the row of ``table``."""
    kept, row = read_table(connection, entry.kept_in), quote(table.name)
    named, timed = (kept is not None and kept.has(f"row_{mark}") and table.has(mark) for mark in (_NAME, _MOMENT))
    old, new = f"kept.row_{_MOMENT}", f"{row}.{_MOMENT}"
    signs = [f"kept.row_{_NAME} IS {row}.{_NAME}"] if named else []
    if timed:
        signs.append(f"{old} = {new} OR datetime({old}) = datetime({new})")
        # Where neither has a moment, names decide, if there are any.
        signs += [] if named else [f"coalesce({old}, {new}) IS NULL"]
    return " AND ".join([f"kept.id = {row}.id", *([f"({' OR '.join(signs)})"] if signs else [])])
