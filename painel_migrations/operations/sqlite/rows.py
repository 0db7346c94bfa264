"""Rows that a table cannot keep: retired whole, with what referred to them, and put back."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from painel_migrations.operations.sqlite import cells, values
from painel_migrations.operations.sqlite.live import (
    count_where,
    foreign_keys_to,
    free_name,
    has_rows,
    log,
    read_table,
)
from painel_migrations.operations.sqlite.rebuild import change_rows, copy, rebuild_if_changed
from painel_migrations.operations.sqlite.register import note, noted, strike
from painel_migrations.operations.sqlite.table import PRIMARY_KEY, Table
from painel_migrations.operations.sqlite.text import listed, quote


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
            if cells.keep(connection, "cells", child, column, concerned):
                update = f"UPDATE {quote(child.name)} SET {quote(column.name)} = NULL WHERE {concerned}"
                change_rows(connection, child.name, update)
    change_rows(connection, table.name, f"DELETE FROM {quote(table.name)} WHERE {condition}")
    note(connection, "rows", table.name, kept_in=name, rows=rows)


def restore_rows(connection: sa.Connection, table: str) -> None:
    """Put retired rows back where their ids are free, with the references to them; the others stay retired.

    A column may be NULL again where one of them is.
    """
    entry, live = noted(connection, "rows", table), read_table(connection, table)
    kept = read_table(connection, entry.kept_in) if entry else None
    if entry is None or live is None or kept is None:
        return
    loosened = live
    for column in live.columns:
        if (
            column.not_null
            and kept.has(column.name)
            and count_where(connection, kept.name, f"{quote(column.name)} IS NULL")
        ):
            loosened = loosened.replacing(column.name, dataclasses.replace(column, not_null=""))
    rebuild_if_changed(connection, live, loosened)
    names = listed(column.name for column in live.columns if kept.has(column.name))
    source, target = quote(kept.name), quote(live.name)
    change_rows(connection, live.name, f"INSERT OR IGNORE INTO {target} ({names}) SELECT {names} FROM {source}")
    connection.exec_driver_sql(f"DELETE FROM {source} WHERE id IN (SELECT id FROM {target})")
    if has_rows(connection, kept.name):
        log.warning("%s: retired rows stay in %s: they do not fit", live.name, kept.name)
    else:
        connection.exec_driver_sql(f"DROP TABLE {source}")
        strike(connection, entry)
    for child, reference in list(foreign_keys_to(connection, live.name)):
        if len(reference.columns) == 1:
            values.restore_values(connection, child.name, reference.columns[0])
