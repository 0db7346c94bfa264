"""Columns that the schema no longer has: kept by row, dropped, and brought back."""

from __future__ import annotations

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.generated import retire_computed
from homecoming.operations.sqlite.live import count_where, indexes, read_table
from homecoming.operations.sqlite.parts import (
    keeping_views_sound,
    take_index,
    take_triggers_on,
    taking,
)
from homecoming.operations.sqlite.rebuild import rebuild
from homecoming.operations.sqlite.table import CHECK
from homecoming.operations.sqlite.text import index_body, key, mentions, quote


def retire_column(connection: sa.Connection, table: str, column: str) -> None:
    """Keep a column's cells by row in ``retired_<table>__<column>``, then drop the column with all that is about it.

    A column that holds no value is dropped without a trace. Its own foreign key, UNIQUE and index of SQLAlchemy's name
    come back with its definition; everything else that is about it goes to the register, and what is computed from it
    is retired before it.
    """
    live = read_table(connection, table)
    found = live.column(column) if live else None
    if live is None or found is None:
        return
    if count_where(connection, live.name, f"{quote(found.name)} IS NOT NULL"):
        cells.archive_cells(connection, "column", live, found)
    with keeping_views_sound(connection):
        live = retire_computed(connection, live, found.name)
        take_triggers_on(connection, live.name, found.name)
        for index in indexes(connection, live.name):
            own = key(index.name) == key(f"ix_{live.name}_{found.name}")
            if mentions(index_body(index.statement), found.name) and not own:
                take_index(connection, index)
        target = taking(
            connection,
            live,
            lambda constraint: (
                constraint.is_about(found.name) and (constraint.kind == CHECK or len(constraint.columns) > 1)
            ),
        )
        # Not by DROP COLUMN: it rewrites every row as well, fails beside any broken view, and could corrupt the file
        # before 3.35.5.
        rebuild(connection, live, target.without(found.name))
