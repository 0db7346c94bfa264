"""One table under its new name, one column under its old one: where both exist, rows and values come together."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.operations.messages import said
from homecoming.operations.sqlite import cells, faults, values
from homecoming.operations.sqlite.foreign_keys import repoint_foreign_keys
from homecoming.operations.sqlite.keys import rename_index
from homecoming.operations.sqlite.live import count, indexes, kind_of, log, read_table
from homecoming.operations.sqlite.missing import set_unreadable_indexes_aside
from homecoming.operations.sqlite.moving import move_rows
from homecoming.operations.sqlite.rebuild import alter, change_rows, rebuild_if_changed
from homecoming.operations.sqlite.register import enter_for_undo
from homecoming.operations.sqlite.retire_column import retire_column
from homecoming.operations.sqlite.retire_table import retire_table
from homecoming.operations.sqlite.rows import retire_rows
from homecoming.operations.sqlite.table import Table
from homecoming.operations.sqlite.text import BLANKS, key, quote


def merge_column(connection: sa.Connection, table: str, old: str, into: str) -> None:
    """Make two names of a column one: ``old`` is renamed, or, where both exist, fills the gaps of ``into`` and goes."""
    live = read_table(connection, table)
    source, target = (live.column(old), live.column(into)) if live else (None, None)
    if live is None or source is None:
        return
    if target is None:
        set_unreadable_indexes_aside(connection, live.name)
        alter(connection, f"ALTER TABLE {quote(live.name)} RENAME COLUMN {quote(source.name)} TO {quote(into)}")
        faults.renamed(connection, live.name, live.name, (source.name, into))
        enter_for_undo(connection, "undo renamed column", f"{live.name}.{source.name}", definition=into)
        log.info("%s.%s renamed to %s", live.name, old, into)
        return
    gap, given = quote(target.name), quote(source.name)
    condition = f"({gap} IS NULL OR trim({gap}, {BLANKS}) = '') AND trim({given}, {BLANKS}) <> ''"
    if count(connection, f"SELECT EXISTS (SELECT 1 FROM {quote(live.name)} WHERE {condition})"):
        cells.archive_cells(connection, "cells", live, target, condition)
        rebuild_if_changed(connection, live, values.release_checks(connection, live, target.name))
        change_rows(connection, live.name, f"UPDATE {quote(live.name)} SET {gap} = {given} WHERE {condition}")
    retire_column(connection, live.name, source.name)


def rename_table(connection: sa.Connection, old: str, new: str, required: Sequence[str] = ()) -> None:
    """Give a table its new name, or where both exist move its rows there and retire it.

    A row equal to one of ``new`` in every common column is that row; it keeps its id where that is free, and gets a
    fresh one otherwise, which the rows that refer to it follow; their old values are kept.

    Arguments: ``required``, columns that the new table demands: rows without a value there are retired, and references
    to them become NULL, what they were being kept too.
    A row that cannot be moved is a fault.
    """
    source, target = read_table(connection, old), read_table(connection, new)
    if source is None:
        return
    if target is None:
        lacking = [f"{quote(name)} IS NULL" for name in required if source.has(name)]
        if lacking:
            retire_rows(connection, source, " OR ".join(lacking))
        _rename(connection, source, new)
        return
    if not move_rows(connection, source, target, required):
        return
    repoint_foreign_keys(connection, source.name, target.name)
    retire_table(connection, source.name)


def _rename(connection: sa.Connection, table: Table, new: str) -> None:
    if kind_of(connection, new):
        raise Refused(said("name_taken_by_no_table.what", name=new), said("name_taken_by_no_table.todo", name=new))
    set_unreadable_indexes_aside(connection, table.name)
    alter(connection, f"ALTER TABLE {quote(table.name)} RENAME TO {quote(new)}")
    before = key(f"ix_{table.name}_")
    for index in indexes(connection, new):
        wanted = f"ix_{new}_{index.name[len(before) :]}"
        if key(index.name).startswith(before) and not kind_of(connection, wanted):
            rename_index(connection, index, wanted)
    faults.renamed(connection, table.name, new)
    enter_for_undo(connection, "undo renamed table", table.name, definition=new)
    log.info("%s renamed to %s", table.name, new)
