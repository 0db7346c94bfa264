"""Columns that are computed from one that goes: they go with it, values and definition kept, and come back with it."""

from __future__ import annotations

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.live import count_where, indexes, log
from homecoming.operations.sqlite.parts import take_index, take_triggers_on, taking
from homecoming.operations.sqlite.rebuild import rebuild
from homecoming.operations.sqlite.register import note
from homecoming.operations.sqlite.table import Column, Table
from homecoming.operations.sqlite.text import index_body, key, mentions, quote


def retire_computed(connection: sa.Connection, live: Table, column: str) -> Table:
    """Retire the columns that are computed from a column, and those computed from them; return the table without."""
    while found := _computed_from(live, column):
        live = _retire(connection, retire_computed(connection, live, found.name), found)
    return live


def _computed_from(live: Table, column: str) -> Column | None:
    def reads(other: Column) -> bool:
        return other.generated and any(mentions(clause, column) for clause in other.rest)

    return next((other for other in live.columns if key(other.name) != key(column) and reads(other)), None)


def _retire(connection: sa.Connection, live: Table, column: Column) -> Table:
    held = count_where(connection, live.name, f"{quote(column.name)} IS NOT NULL")
    if not (held and cells.archive_cells(connection, "generated", live, column)):
        note(connection, "generated", f"{live.name}.{column.name}", definition=column.spelled)
    take_triggers_on(connection, live.name, column.name)
    for index in indexes(connection, live.name):
        if mentions(index_body(index.statement), column.name):
            take_index(connection, index)
    bare = taking(connection, live, lambda constraint: constraint.is_about(column.name)).without(column.name)
    rebuild(connection, live, bare)
    log.warning("%s.%s: retired, since it is computed from a column that goes", live.name, column.name)
    return bare
