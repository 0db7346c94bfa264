"""Rows that a table cannot keep: retired whole, with what referred to them, and put back."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.live import (
    count_where,
    foreign_keys_to,
    free_name,
    has_rows,
    log,
)
from homecoming.operations.sqlite.rebuild import change_rows, copy
from homecoming.operations.sqlite.register import Entry, amend, note, strike
from homecoming.operations.sqlite.table import PRIMARY_KEY, Table
from homecoming.operations.sqlite.text import listed, quote


def retire_rows(connection: sa.Connection, table: Table, condition: str) -> None:
    """Move rows to ``retired_<table>``; references to them become NULL, and what they were is kept."""
    rows = count_where(connection, table.name, condition)
    if not rows:
        return
    name = free_name(connection, f"retired_{table.name}")
    kept = dataclasses.replace(table.dropping(lambda constraint: constraint.kind != PRIMARY_KEY), name=name)
    connection.exec_driver_sql(kept.statement())
    copy(connection, table, kept, condition=condition)
    for child, reference in list(foreign_keys_to(connection, table.name)):
        column = child.column(reference.columns[0])
        if column and len(reference.columns) == 1:
            concerned = f"{quote(column.name)} IN (SELECT id FROM {quote(name)})"
            if cells.archive_cells(connection, "cells", child, column, concerned):
                update = f"UPDATE {quote(child.name)} SET {quote(column.name)} = NULL WHERE {concerned}"
                change_rows(connection, child.name, update)
    change_rows(connection, table.name, f"DELETE FROM {quote(table.name)} WHERE {condition}")
    note(connection, "rows", table.name, kept_in=name, rows=rows)


def insert_back(connection: sa.Connection, entry: Entry, live: Table, kept: Table) -> bool:
    """Put retired rows back where their ids are free, and let them go; return whether all are back."""
    names = listed(column.name for column in live.columns if kept.has(column.name) and not column.generated)
    source, target = quote(kept.name), quote(live.name)
    # A row whose id another has taken since is not there by having it.
    connection.exec_driver_sql(
        f"CREATE TEMP TABLE put_back AS SELECT id FROM {source} WHERE id NOT IN (SELECT id FROM {target})"
    )
    coming = "id IN (SELECT id FROM temp.put_back)"
    insert = f"INSERT OR IGNORE INTO {target} ({names}) SELECT {names} FROM {source} WHERE {coming}"
    change_rows(connection, live.name, insert)
    connection.exec_driver_sql(f"DELETE FROM {source} WHERE {coming} AND id IN (SELECT id FROM {target})")
    connection.exec_driver_sql("DROP TABLE temp.put_back")
    if has_rows(connection, kept.name):
        log.warning("%s: retired rows stay in %s: they do not fit", live.name, kept.name)
        amend(connection, entry, count_where(connection, kept.name, "1"))
        return False
    connection.exec_driver_sql(f"DROP TABLE {source}")
    strike(connection, entry)
    return True
