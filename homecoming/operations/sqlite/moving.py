"""Rows of one table moved into another that took its place, and what referred to them turned to their new ids."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.faults import feed, no_row
from homecoming.operations.sqlite.live import count, counted, foreign_keys_to, fresh_ids, log
from homecoming.operations.sqlite.rebuild import change_rows, insert_rows
from homecoming.operations.sqlite.table import UNIQUE, Table
from homecoming.operations.sqlite.text import key, listed, quote, whole


def move_rows(connection: sa.Connection, source: Table, target: Table, required: Sequence[str]) -> bool:
    """Insert the rows of ``source`` that ``target`` lacks, and turn what refers to them to the ids they have there.

    Rows without a value in a ``required`` column are not moved; what refers to them becomes NULL.
    Returns whether all others are; where one cannot be, which is a fault, none is.
    """
    _map(connection, source, target, required)
    all_moved = _insert(connection, source, target)
    for child, reference in list(foreign_keys_to(connection, source.name)) if all_moved else ():
        column = child.column(reference.columns[0])
        if len(reference.columns) > 1 or column is None:
            continue
        name = quote(column.name)
        condition = f"{name} IN (SELECT id FROM temp.moved WHERE id IS NOT new_id)"
        if cells.archive_cells(connection, "cells", child, column, condition):
            value = f"(SELECT new_id FROM temp.moved WHERE moved.id = {quote(child.name)}.{name})"
            update = f"UPDATE {quote(child.name)} SET {name} = {value} WHERE {condition}"
            change_rows(connection, child.name, update)
    connection.exec_driver_sql("DROP TABLE temp.moved")
    return all_moved


def _shared(source: Table, target: Table) -> list[str]:
    return [c.name for c in target.columns if key(c.name) != "id" and not c.generated and source.has(c.name)]


def _map(connection: sa.Connection, source: Table, target: Table, required: Sequence[str]) -> None:
    """Make ``temp.moved``: for the id of each row of ``source``, the one it has in ``target`` from now on, or NULL."""
    old, new = quote(source.name), quote(target.name)
    same = " AND ".join(f"source.{quote(name)} IS target.{quote(name)}" for name in _shared(source, target)) or "0"
    complete = "".join(f" AND source.{quote(name)} IS NOT NULL" for name in required if source.has(name))
    connection.exec_driver_sql("CREATE TEMP TABLE moved (id PRIMARY KEY, new_id INTEGER)")
    connection.exec_driver_sql(
        f"INSERT OR IGNORE INTO temp.moved SELECT source.id, coalesce("
        f"(SELECT target.id FROM {new} AS target WHERE target.id = source.id AND {same}), "
        f"(SELECT min(target.id) FROM {new} AS target WHERE {same}), "
        f"CASE WHEN source.id NOT IN (SELECT id FROM {new}) AND {whole('source.id')} THEN source.id END) "
        f"FROM {old} AS source "
        f"WHERE source.id IS NOT NULL{complete}"
    )
    lacking = count(connection, "SELECT count(*) FROM temp.moved WHERE new_id IS NULL")
    connection.exec_driver_sql(
        "UPDATE temp.moved SET new_id = fresh.new_id FROM (SELECT a.id, f.id AS new_id FROM (SELECT id, row_number() "
        "OVER (ORDER BY id) AS place FROM temp.moved WHERE new_id IS NULL) AS a "
        f"JOIN ({fresh_ids(connection, lacking, source.name, target.name)}) AS f ON f.place = a.place) AS fresh "
        "WHERE fresh.id = moved.id"
    )
    connection.exec_driver_sql(
        f"INSERT INTO temp.moved SELECT DISTINCT id, NULL FROM {old} WHERE id NOT IN (SELECT id FROM temp.moved)"
    )


def _insert(connection: sa.Connection, source: Table, target: Table) -> bool:
    """Insert the rows that ``target`` does not have, by ``temp.moved``, if they fit; return whether they do."""
    fit = True
    new, names = quote(target.name), _shared(source, target)
    coming = (
        f"FROM {quote(source.name)} AS source JOIN temp.moved ON moved.id = source.id "
        # Of those that are not moved there is no new id, and NULL is in no set, not even in an empty one.
        f"WHERE moved.new_id IS NOT NULL AND moved.new_id NOT IN (SELECT id FROM {new})"
    )
    for column in target.columns:
        if column.not_null and key(column.name) != "id":
            value = f"source.{quote(column.name)}" if column.name in names else (column.default or "NULL")
            lacking = f"id IN (SELECT source.id {coming} AND {value} IS NULL)"
            fit &= no_row(connection, source.name, [column.name], lacking, "null", "1", by_id=True)
    for constraint in target.of_kind(UNIQUE):
        if source.has(*constraint.columns):
            same = " AND ".join(f"target.{quote(name)} = source.{quote(name)}" for name in constraint.columns)
            taken = f"id IN (SELECT source.id {coming} AND EXISTS (SELECT 1 FROM {new} AS target WHERE {same}))"
            names_of = constraint.columns
            fit &= no_row(connection, source.name, names_of, taken, "taken_by_a_row", "1", True, holder=target.name)
    if not fit:
        return False
    selected = ", ".join(["moved.new_id", *(f"source.{quote(name)}" for name in names)])
    insert = f"INSERT INTO {new} ({listed(['id', *names])}) SELECT {selected} {coming} ORDER BY moved.new_id"
    rows = insert_rows(connection, target.name, insert)
    feed(connection, target.name)
    log.info("%s: %s from %s", target.name, counted(rows, "row", "rows"), source.name)
    return True
