"""One table under its new name, one column under its old one: where both exist, rows and values come together."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from painel_migrations.errors import Refused
from painel_migrations.operations.sqlite import cells, values
from painel_migrations.operations.sqlite.foreign_keys import repoint_foreign_keys
from painel_migrations.operations.sqlite.keys import rename_index
from painel_migrations.operations.sqlite.live import (
    count,
    counted,
    foreign_keys_to,
    indexes,
    kind_of,
    log,
    read_table,
)
from painel_migrations.operations.sqlite.rebuild import alter, change_rows, rebuild_if_changed
from painel_migrations.operations.sqlite.refusals import count_orphans, refuse_nulls
from painel_migrations.operations.sqlite.register import noted
from painel_migrations.operations.sqlite.retire_column import retire_column
from painel_migrations.operations.sqlite.retire_table import restore_table, retire_table
from painel_migrations.operations.sqlite.rows import restore_rows, retire_rows
from painel_migrations.operations.sqlite.table import UNIQUE, Table, foreign_key
from painel_migrations.operations.sqlite.text import BLANKS, key, listed, quote


def fold_column(connection: sa.Connection, table: str, old: str, into: str) -> None:
    """Make two names of a column one: ``old`` is renamed, or, where both exist, fills the gaps of ``into`` and goes."""
    live = read_table(connection, table)
    source, target = (live.column(old), live.column(into)) if live else (None, None)
    if live is None or source is None:
        return
    if target is None:
        alter(connection, f"ALTER TABLE {quote(live.name)} RENAME COLUMN {quote(source.name)} TO {quote(into)}")
        log.info("%s.%s renamed to %s", live.name, old, into)
        return
    gap, given = quote(target.name), quote(source.name)
    condition = f"({gap} IS NULL OR trim({gap}, {BLANKS}) = '') AND trim({given}, {BLANKS}) <> ''"
    if count(connection, f"SELECT EXISTS (SELECT 1 FROM {quote(live.name)} WHERE {condition})"):
        rebuild_if_changed(connection, live, values.release_checks(connection, live, target.name))
        change_rows(connection, live.name, f"UPDATE {quote(live.name)} SET {gap} = {given} WHERE {condition}")
    retire_column(connection, live.name, source.name)


def rename_table(connection: sa.Connection, old: str, new: str, required: Sequence[str] = ()) -> None:
    """Give a table its new name, or where both exist move its rows there and retire it.

    A row equal to one of ``new`` in every common column is that row; it keeps its id where that is free, and gets a
    fresh one otherwise, which the rows that refer to it follow; their old values are kept.

    Arguments: ``required``, columns that the new table demands: rows without a value there are retired whole.
    Errors: Refused where a row cannot be moved.
    """
    source, target = read_table(connection, old), read_table(connection, new)
    if source is None:
        return
    lacking = [f"{quote(name)} IS NULL" for name in required if source.has(name)]
    if lacking:
        retire_rows(connection, source, " OR ".join(lacking))
    if target is None:
        _rename(connection, source, new)
        return
    _map_rows(connection, source, target)
    _move_rows(connection, source, target)
    for child, reference in list(foreign_keys_to(connection, source.name)):
        column = child.column(reference.columns[0])
        if len(reference.columns) == 1 and column:
            name = quote(column.name)
            condition = f"{name} IN (SELECT id FROM temp.moved WHERE id <> new_id)"
            if cells.keep(connection, "cells", child, column, condition):
                value = f"(SELECT new_id FROM temp.moved WHERE moved.id = {quote(child.name)}.{name})"
                change_rows(
                    connection, child.name, f"UPDATE {quote(child.name)} SET {name} = {value} WHERE {condition}"
                )
    connection.exec_driver_sql("DROP TABLE temp.moved")
    repoint_foreign_keys(connection, source.name, target.name)
    retire_table(connection, source.name)


def _rename(connection: sa.Connection, table: Table, new: str) -> None:
    if kind_of(connection, new):
        raise Refused(
            f"the name {new} is taken by something that is no table", f"Drop or rename it, then run again: {new}"
        )
    alter(connection, f"ALTER TABLE {quote(table.name)} RENAME TO {quote(new)}")
    before = key(f"ix_{table.name}_")
    for index in indexes(connection, new):
        wanted = f"ix_{new}_{index.name[len(before) :]}"
        if key(index.name).startswith(before) and not kind_of(connection, wanted):
            rename_index(connection, index, wanted)
    log.info("%s renamed to %s", table.name, new)


def _shared(source: Table, target: Table) -> list[str]:
    return [column.name for column in target.columns if key(column.name) != "id" and source.has(column.name)]


def _map_rows(connection: sa.Connection, source: Table, target: Table) -> None:
    """Make ``temp.moved``: for the id of each row of ``source``, the one it has in ``target`` from now on."""
    old, new = quote(source.name), quote(target.name)
    names = _shared(source, target)
    same = " AND ".join(f"source.{quote(name)} IS target.{quote(name)}" for name in names) or "0"
    connection.exec_driver_sql("CREATE TEMP TABLE moved (id INTEGER PRIMARY KEY, new_id INTEGER)")
    connection.exec_driver_sql(
        f"INSERT OR IGNORE INTO temp.moved SELECT source.id, coalesce("
        f"(SELECT target.id FROM {new} AS target WHERE target.id = source.id AND {same}), "
        f"(SELECT min(target.id) FROM {new} AS target WHERE {same}), "
        f"CASE WHEN source.id NOT IN (SELECT id FROM {new}) THEN source.id END) FROM {old} AS source "
        "WHERE source.id IS NOT NULL"
    )
    connection.exec_driver_sql(
        "UPDATE temp.moved SET new_id = fresh.new_id FROM (SELECT id, row_number() OVER (ORDER BY id) + max("
        f"(SELECT coalesce(max(id), 0) FROM {new}), (SELECT max(id) FROM temp.moved)) AS new_id "
        "FROM temp.moved WHERE new_id IS NULL) AS fresh WHERE fresh.id = moved.id"
    )


def _move_rows(connection: sa.Connection, source: Table, target: Table) -> None:
    """Insert the rows that ``target`` does not have, by ``temp.moved``."""
    old, new = quote(source.name), quote(target.name)
    names = _shared(source, target)
    coming = (
        f"FROM {old} AS source JOIN temp.moved ON moved.id = source.id WHERE moved.new_id NOT IN (SELECT id FROM {new})"
    )
    if not count(connection, f"SELECT EXISTS (SELECT 1 {coming})"):
        return
    for column in target.columns:
        if column.not_null and key(column.name) != "id" and (column.name in names or column.default is None):
            refuse_nulls(connection, source.name, column.name, None if column.name in names else "NULL")
    for constraint in target.of_kind(UNIQUE):
        _refuse_taken(connection, source, target, constraint.columns, coming)
    selected = ", ".join(f"source.{quote(name)}" for name in names)
    rows = change_rows(
        connection,
        target.name,
        f"INSERT INTO {new} (id, {listed(names)}) SELECT moved.new_id, {selected} {coming} ORDER BY moved.new_id",
    )
    log.info("%s: %s from %s", target.name, counted(rows, "row", "rows"), source.name)


def _refuse_taken(
    connection: sa.Connection, source: Table, target: Table, columns: tuple[str, ...], coming: str
) -> None:
    """Refuse where a row to come has a value that must be unique and is there already."""
    if not source.has(*columns):
        return
    same = " AND ".join(f"target.{quote(name)} = source.{quote(name)}" for name in columns)
    taken = count(
        connection, f"SELECT count(*) {coming} AND EXISTS (SELECT 1 FROM {quote(target.name)} AS target WHERE {same})"
    )
    if taken:
        names, occur = listed(columns), counted(taken, "value occurs", "values occur")
        raise Refused(
            f"{target.name}.{names}: {occur} more than once where they must be unique",
            f"Make them unique, then run again. See them: SELECT {names} FROM {quote(source.name)} "
            f"INTERSECT SELECT {names} FROM {quote(target.name)}",
        )


def restore_renamed(connection: sa.Connection, old: str, new: str) -> None:
    """Undo rename_table(): bring ``old`` back if it was retired, with the references that had followed its rows.

    Where it was renamed, the name goes back.
    """
    if noted(connection, "table", old) is None:
        rename_table(connection, new, old)
        restore_rows(connection, old)
        return
    restore_table(connection, old)
    restore_rows(connection, old)
    restored = read_table(connection, old)
    for child, reference in list(foreign_keys_to(connection, new)):
        column = reference.columns[0]
        if (
            restored is None
            or len(reference.columns) > 1
            or noted(connection, "cells", f"{child.name}.{column}") is None
        ):
            continue
        values.restore_values(connection, child.name, column)
        live = read_table(connection, child.name)
        back = foreign_key([column], old, reference.target_columns, reference.actions, reference.name)
        if live and not count_orphans(connection, child.name, back, back.target_columns or restored.primary_key):
            others = tuple(constraint for constraint in live.constraints if constraint.meaning != reference.meaning)
            rebuild_if_changed(connection, live, dataclasses.replace(live, constraints=(*others, back)))
