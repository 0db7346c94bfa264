"""Columns that are computed from one that goes: they go with it, values and definition kept, and come back with it."""

from __future__ import annotations

import sqlalchemy as sa

from painel_migrations.operations.sqlite import cells
from painel_migrations.operations.sqlite.live import count_where, indexes, log, read_table
from painel_migrations.operations.sqlite.parts import restore_parts, take_index, take_triggers_on, taking
from painel_migrations.operations.sqlite.reading import read
from painel_migrations.operations.sqlite.rebuild import rebuild
from painel_migrations.operations.sqlite.register import Entry, entries, note, strike
from painel_migrations.operations.sqlite.table import Column, Table
from painel_migrations.operations.sqlite.text import index_body, key, listed, mentions, quote


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
    if not (held and cells.keep(connection, "generated", live, column)):
        note(connection, "generated", f"{live.name}.{column.name}", definition=column.spelled)
    take_triggers_on(connection, live.name, column.name)
    for index in indexes(connection, live.name):
        if mentions(index_body(index.statement), column.name):
            take_index(connection, index)
    bare = taking(connection, live, lambda constraint: constraint.is_about(column.name)).without(column.name)
    rebuild(connection, live, bare)
    log.warning("%s.%s: retired, since it is computed from a column that goes", live.name, column.name)
    return bare


def restore_computed(connection: sa.Connection, table: str) -> None:
    """Bring back the computed columns of a table that can be computed again, with what was about them."""
    while any(_restored(connection, table, entry) for entry in entries(connection, "generated")):
        pass


def _restored(connection: sa.Connection, table: str, entry: Entry) -> bool:
    live = read_table(connection, table)
    if live is None or not key(entry.object).startswith(f"{key(table)}."):
        return False
    others = ", ".join(column.spelled for column in live.columns)
    column = read(f"CREATE TABLE {listed([live.name])} ({others}, {entry.definition})").columns[-1]
    if live.has(column.name):
        return False
    target = live.adding(column)
    try:
        with connection.begin_nested():
            rebuild(connection, live, target)
    except sa.exc.DatabaseError:
        # A column that it is computed from is still gone, or a value cannot be computed.
        return False
    if entry.kept_in and (shelf := read_table(connection, entry.kept_in)):
        cells.let_go(connection, entry, shelf, column.name, target)
    else:
        strike(connection, entry)
    restore_parts(connection, table, column.name)
    return True
