"""Tables that the schema does not have, copies of its own included: out of the way with their rows, and back."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from homecoming.operations.sqlite.live import (
    count_where,
    foreign_keys_to,
    free_name,
    has_rows,
    indexes,
    log,
    read_table,
    views,
)
from homecoming.operations.sqlite.parts import (
    keeping_views_sound,
    take_index,
    take_triggers_on,
)
from homecoming.operations.sqlite.rebuild import move, rename
from homecoming.operations.sqlite.register import note
from homecoming.operations.sqlite.table import FOREIGN_KEY, UNIQUE, Table
from homecoming.operations.sqlite.text import mentions, quote


def retire_table(connection: sa.Connection, name: str) -> None:
    """Move a table out of the way, to ``retired_<name>``, with its columns, types, primary key and rows.

    Its foreign keys, unique constraints, indexes and triggers go; the register keeps how they were made. A table that
    others refer to stays, and is reported.
    """
    live = read_table(connection, name)
    if live is None:
        return
    for table, _ in foreign_keys_to(connection, live.name):
        log.warning("%s stays: %s refers to it", live.name, table.name)
        return
    definition = str(
        connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (live.name,)
        ).scalar_one()
    )
    rows = count_where(connection, live.name, "1")
    kept = free_name(connection, f"retired_{live.name}")
    with keeping_views_sound(connection):
        take_triggers_on(connection, live.name)
        for index in indexes(connection, live.name):
            take_index(connection, index)
        bare = live.dropping(lambda constraint: constraint.kind in (FOREIGN_KEY, UNIQUE))
        _become(connection, live, dataclasses.replace(bare, name=kept))
    note(connection, "table", live.name, kept_in=kept, definition=definition, rows=rows)


def _become(connection: sa.Connection, live: Table, target: Table) -> None:
    """Give a table another name, and rebuild it where more than the name differs."""
    if dataclasses.replace(live, name=target.name).meaning == target.meaning:
        rename(connection, live.name, target.name)
    else:
        move(connection, live, target)


def drop_table_unless_rows(connection: sa.Connection, name: str) -> None:
    """Drop a table; one that holds rows, that others refer to, or that a view reads, stays, and is reported."""
    live = read_table(connection, name)
    if live is None:
        return
    if has_rows(connection, live.name):
        log.warning("%s stays: it holds rows", live.name)
    elif any(True for _ in foreign_keys_to(connection, live.name)):
        log.warning("%s stays: other tables refer to it", live.name)
    elif any(mentions(statement, live.name) for statement in views(connection).values()):
        log.warning("%s stays: a view reads it", live.name)
    else:
        connection.exec_driver_sql(f"DROP TABLE {quote(live.name)}")
