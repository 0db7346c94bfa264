"""References to rows of a copy: they follow their row to the id it has in the live table, and back."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.operations.messages import counted, said
from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.identity import differ, same_key, same_name
from homecoming.operations.sqlite.live import (
    count_where,
    foreign_keys_to,
    free_name,
    fresh_ids,
    has_rows,
    read_table,
)
from homecoming.operations.sqlite.rebuild import change_rows
from homecoming.operations.sqlite.recovering import recover_rows
from homecoming.operations.sqlite.table import Column, Table
from homecoming.operations.sqlite.text import key, quote

# How many ids a message names.
_SHOWN = 100


def follow_rows(connection: sa.Connection, source: str, target: str, copies: Mapping[str, str]) -> None:
    """Give references to rows of a copy the ids that the rows have in the live table, and keep what they were.

    A natural key tells where a row is, if it does so one to one. A row whose id another has taken gets a fresh one.

    Args:
        connection: the run's.
        source: the copy.
        target: the live table, to which every row has gone back that could.
        copies: what each copy is a copy of, by its key: of their references only those of rows that go back count.

    Raises:
        Refused: a row that is referred to is not in the live table, or another row has its id there.
    """
    copy, live = read_table(connection, source), read_table(connection, target)
    if not (copy and live and copy.has("id") and live.has("id")):
        return
    children = [
        (child, column)
        for child, reference in foreign_keys_to(connection, source)
        if len(reference.columns) == 1 and (column := child.column(reference.columns[0]))
    ]
    if not children:
        return
    connection.exec_driver_sql("CREATE TEMP TABLE moved (id PRIMARY KEY, new_id INTEGER NOT NULL)")
    referred = " OR ".join(f"source.id IN (SELECT {quote(column.name)} FROM {quote(c.name)})" for c, column in children)
    _find_by_key(connection, copy, live, referred)
    _give_fresh_ids(connection, copy, live, referred)
    for child, column in children:
        _refuse_lost(connection, child, column, copy, live, copies.get(key(child.name)))
        name, table = quote(column.name), quote(child.name)
        concerned = f"{name} IN (SELECT id FROM temp.moved WHERE id IS NOT new_id)"
        if cells.archive_cells(connection, "cells", child, column, concerned):
            there = f"(SELECT new_id FROM temp.moved WHERE moved.id = {table}.{name})"
            change_rows(connection, child.name, f"UPDATE {table} SET {name} = {there} WHERE {concerned}")
    connection.exec_driver_sql("DROP TABLE temp.moved")


def _find_by_key(connection: sa.Connection, copy: Table, live: Table, referred: str) -> None:
    """Enter rows that a natural key finds in the live table; one whose namesake has its id there is that one."""
    both = f"FROM {quote(copy.name)} AS source JOIN {quote(live.name)} AS target ON"
    found = [f"SELECT source.id AS id, target.id AS new_id {both} {same}" for same in same_key(copy, live)]
    if found:
        connection.exec_driver_sql(
            f"INSERT INTO temp.moved WITH pairs AS ({' UNION '.join(found)}) "
            f"SELECT source.id, new_id FROM pairs JOIN {quote(copy.name)} AS source ON source.id = pairs.id "
            "WHERE pairs.id IN (SELECT id FROM pairs GROUP BY id HAVING count(*) = 1) "
            "AND new_id IN (SELECT new_id FROM pairs GROUP BY new_id HAVING count(*) = 1) "
            f"AND ({referred}) AND NOT EXISTS (SELECT 1 FROM {quote(live.name)} AS target "
            f"WHERE target.id = source.id AND {same_name(copy, live)})"
        )


def _give_fresh_ids(connection: sa.Connection, copy: Table, live: Table, referred: str) -> None:
    """Give rows whose ids other rows have taken ids of their own in the live table, and enter those that fit there."""
    old, new = quote(copy.name), quote(live.name)
    apart = free_name(connection, f"{copy.name}_apart")
    connection.exec_driver_sql(
        f"CREATE TABLE {quote(apart)} AS SELECT source.* FROM {old} AS source JOIN {new} AS target "
        f"ON target.id = source.id WHERE {differ(copy, live)} AND ({referred}) "
        "AND source.id NOT IN (SELECT id FROM temp.moved)"
    )
    if has_rows(connection, apart):
        ids = fresh_ids(connection, count_where(connection, apart, "1"), copy.name, live.name)
        connection.exec_driver_sql(
            f"CREATE TEMP TABLE fresh AS SELECT a.id, f.id AS new_id FROM (SELECT id, row_number() OVER (ORDER BY id) "
            f"AS place FROM {quote(apart)}) AS a JOIN ({ids}) AS f ON f.place = a.place"
        )
        fresh = f"(SELECT new_id FROM temp.fresh WHERE fresh.id = {quote(apart)}.id)"
        connection.exec_driver_sql(f"UPDATE {quote(apart)} SET id = {fresh}")
        recover_rows(connection, apart, live.name)
        connection.exec_driver_sql(
            f"INSERT INTO temp.moved SELECT id, new_id FROM temp.fresh WHERE new_id IN (SELECT id FROM {new})"
        )
        connection.exec_driver_sql("DROP TABLE temp.fresh")
    connection.exec_driver_sql(f"DROP TABLE {quote(apart)}")


def _refuse_lost(
    connection: sa.Connection, child: Table, column: Column, copy: Table, live: Table, copy_of: str | None
) -> None:
    """Refuse where a row is referred to that is not in the live table, or not under its id.

    Of a copy only the rows that go back count, and these only where another row would take the place.
    """
    here, old, new, name = quote(child.name), quote(copy.name), quote(live.name), quote(column.name)
    lost = f"target.id IS NULL OR {differ(copy, live)}"
    if copy_of:
        own = read_table(connection, copy_of)
        if own is None or not own.has("id") or not child.has("id"):
            return
        lost = f"target.id IS NOT NULL AND {differ(copy, live)} AND child.id NOT IN (SELECT id FROM {quote(own.name)})"
    both = f"FROM {here} AS child JOIN {old} AS source ON source.id = child.{name} LEFT JOIN {new} AS target ON"
    wanted = f"source.id NOT IN (SELECT id FROM temp.moved) AND ({lost})"
    rows = connection.exec_driver_sql(f"SELECT count(*) {both} target.id = source.id WHERE {wanted}").scalar_one()
    if rows:
        some = connection.exec_driver_sql(
            f"SELECT DISTINCT quote(source.id) {both} target.id = source.id WHERE {wanted} ORDER BY 1 LIMIT {_SHOWN}"
        ).scalars()
        taken = " OR ".join(["target.id = source.id", *same_key(copy, live)])
        own_id = "child.id" if child.has("id") else "1"
        raise Refused(
            said(
                "no_place.what",
                table=child.name,
                column=column.name,
                rows=counted("no_place", rows),
                source=copy.name,
                target=live.name,
            ),
            said("no_place.todo")
            + said(
                "no_place.see",
                own_id=own_id,
                column=column.name,
                table=child.name,
                source=copy.name,
                target=live.name,
                taken=taken,
                ids=", ".join(some),
            ),
        )


def lost(live: Table, name: str, was: str, source: Table, target: Table) -> str:
    """Return the SQL condition that a reference to ``target`` does not find the same row in ``source``.

    Arguments: ``was``, SQL for what the reference to ``source`` was.
    """
    here, column = quote(live.name), quote(name)
    same = " OR ".join([*same_key(source, target), same_name(source, target)])
    return (
        f"{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {quote(source.name)} AS source JOIN {quote(target.name)} "
        f"AS target ON target.id = {here}.{column} WHERE source.id = {was} "
        f"AND ({same} OR source.id = target.id AND NOT {differ(source, target)}))"
    )
