"""Retired cells: a column's values by row, in a table of their own."""

from __future__ import annotations

import sqlalchemy as sa

from painel_migrations.operations.sqlite.live import count_where, free_name
from painel_migrations.operations.sqlite.register import Entry, note, strike
from painel_migrations.operations.sqlite.table import Column, Table, primary_key
from painel_migrations.operations.sqlite.text import quote


def keep(connection: sa.Connection, kind: str, table: Table, column: Column, condition: str = "") -> int:
    """Keep a column's cells in ``retired_<table>__<column>``, with ``__before`` where they are about to change.

    Arguments: ``kind``, ``column`` or ``cells``, for the register; ``condition``, which rows, if not all.
    Returns how many rows are kept; where there is none, nothing is made.
    """
    rows = count_where(connection, table.name, condition or "1")
    if rows:
        ending = "__before" if kind == "cells" else ""
        name = free_name(connection, f"retired_{table.name}__{column.name}{ending}")
        id_column = table.column("id")
        key_type = id_column.type if id_column else "INTEGER"
        kept = Table(
            name,
            (Column("id", key_type, not_null="NOT NULL"), Column(column.name, column.type)),
            (primary_key(["id"]),),
        )
        connection.exec_driver_sql(kept.statement())
        connection.exec_driver_sql(
            f"INSERT INTO {quote(name)} SELECT id, {quote(column.name)} FROM {quote(table.name)} WHERE {condition or 1}"
        )
        definition = column.spelled if kind == "column" else None
        note(connection, kind, f"{table.name}.{column.name}", kept_in=name, definition=definition, rows=rows)
    return rows


def kept_value(entry: Entry, column: str, table: str) -> str:
    """Return SQL for the cell that is kept for a row of ``table``."""
    source = f"{quote(entry.kept_in)} AS kept WHERE kept.id = {quote(table)}.id"
    return f"(SELECT kept.{quote(column)} FROM {source})"


def let_go(connection: sa.Connection, entry: Entry) -> None:
    """Drop the kept cells, which are back in their table."""
    connection.exec_driver_sql(f"DROP TABLE {quote(entry.kept_in)}")
    strike(connection, entry)
