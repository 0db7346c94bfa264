"""Changing a table: by a rebuild, where SQLite has no ALTER for it; and its rows, with its triggers out of the way."""

from __future__ import annotations

import contextlib
import dataclasses
import re
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.live import (
    Trigger,
    count,
    free_name,
    has_rows,
    indexes,
    read_table,
    references,
    triggers,
    views,
)
from homecoming.operations.sqlite.missing import refusing_what_is_missing, set_unreadable_indexes_aside
from homecoming.operations.sqlite.register import BEFORE, enter
from homecoming.operations.sqlite.table import Table
from homecoming.operations.sqlite.text import index_body, key, listed, mentions, quote

_BROKEN = re.compile(r"error in (view|trigger) (.+?)(?: after [a-z ]+)?: ")


def rebuild(connection: sa.Connection, live: Table, target: Table, values: Mapping[str, str] | None = None) -> None:
    """Make a table what it should be: created anew, filled from the old one, which is then dropped.

    Rows keep their ids; indexes and triggers come back, but for indexes on a column that is gone. Views and the foreign
    keys of other tables are not touched: they go by the name. Cells that change are kept.

    Arguments: ``values``, SQL for the columns that do not simply keep their value.
    Errors: sqlalchemy.exc.DBAPIError, where rows break a constraint; RuntimeError, where foreign keys are enforced.
    """
    set_unreadable_indexes_aside(connection, live.name)
    gone = [column for column in live.columns if not target.has(column.name)]
    statements = [
        index.statement
        for index in indexes(connection, live.name)
        if not any(mentions(index_body(index.statement), column.name) for column in gone)
    ]
    statements += [trigger.statement for trigger in triggers(connection, live.name)]
    cells.archive_converted(connection, live, target, values or {})
    with refusing_what_is_missing(live.name):
        _replace(connection, live, target, values)
    for statement in statements:
        connection.exec_driver_sql(statement)


def _replace(connection: sa.Connection, live: Table, target: Table, values: Mapping[str, str] | None) -> None:
    if not (live.autoincrement or has_rows(connection, live.name)):
        _refuse_enforced(connection)
        # No rows to move: the name is free at once, and SQLite need not read the whole schema for a rename.
        connection.exec_driver_sql(f"DROP TABLE {quote(live.name)}")
        connection.exec_driver_sql(target.statement())
        return
    scratch = free_name(connection, f"rebuilding_{target.name}")
    move(connection, live, dataclasses.replace(target, name=scratch), values)
    rename(connection, scratch, target.name)


def rebuild_if_changed(connection: sa.Connection, live: Table, target: Table) -> None:
    """Rebuild a table whose rows keep their values, if the two differ in more than spelling."""
    if live.meaning != target.meaning:
        rebuild(connection, live, target)


def move(
    connection: sa.Connection, live: Table, target: Table, values: Mapping[str, str] | None = None, statement: str = ""
) -> None:
    """Move a table's rows into another, which is created, and drop the old one with its indexes and triggers.

    Arguments: ``statement``, which creates it, if not to be spelled anew.
    """
    _refuse_enforced(connection)
    connection.exec_driver_sql(statement or target.statement())
    copy(connection, live, target, values)
    if target.autoincrement and live.autoincrement:
        _count_on(connection, live.name, target.name)
    connection.exec_driver_sql(f"DROP TABLE {quote(live.name)}")


def _refuse_enforced(connection: sa.Connection) -> None:
    # Enforced, a DROP would delete the rows first, and with them those that cascade.
    if count(connection, "PRAGMA foreign_keys"):
        raise RuntimeError("PRAGMA foreign_keys must be OFF before the transaction begins")


def copy(
    connection: sa.Connection,
    live: Table,
    target: Table,
    values: Mapping[str, str] | None = None,
    condition: str = "1",
) -> None:
    """Fill a table with rows of another."""
    given = {key(name): value for name, value in (values or {}).items()}
    into: dict[str, str] = {}
    for column in target.columns:
        if not column.generated and (key(column.name) in given or live.has(column.name)):
            into[column.name] = given.get(key(column.name), quote(column.name))
    # A row without a key is known by its number only, and by what was kept of it under that number.
    if live.row_number and target.row_number:
        into[target.row_number] = live.row_number
    rows = f"SELECT {', '.join(into.values())} FROM {quote(live.name)} WHERE {condition}"
    connection.exec_driver_sql(f"INSERT INTO {quote(target.name)} ({listed(into)}) {rows}")


def _count_on(connection: sa.Connection, old: str, new: str) -> None:
    """Give a table's AUTOINCREMENT the place that another had reached, which may be past its highest id."""
    connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (new,))
    connection.exec_driver_sql(
        "INSERT INTO sqlite_sequence (name, seq) SELECT ?, seq FROM sqlite_sequence WHERE name = ?", (new, old)
    )


def rename(connection: sa.Connection, old: str, new: str) -> None:
    """Give a table another name, and leave every mention of either name elsewhere as it is."""
    with _legacy_alter_table(connection, "ON"), _whatever_is_unreadable(connection):
        connection.exec_driver_sql(f"ALTER TABLE {quote(old)} RENAME TO {quote(new)}")


def alter(connection: sa.Connection, statement: str) -> None:
    """Run an ALTER TABLE that renames, and let SQLite rewrite foreign keys, triggers and views that say the old name.

    It refuses that as long as any view or trigger, of whatever table, is broken: those are set aside and put back.
    """
    aside: list[str] = []
    with _legacy_alter_table(connection, "OFF"), _whatever_is_unreadable(connection):
        while True:
            try:
                connection.exec_driver_sql(statement)
                break
            except sa.exc.OperationalError as error:
                found = _BROKEN.match(str(error.orig))
                if found is None:
                    raise
                aside += _set_aside(connection, found[1], found[2])
    for broken in reversed(aside):
        connection.exec_driver_sql(broken)


def _set_aside(connection: sa.Connection, kind: str, name: str) -> list[str]:
    """Drop a view or trigger; return what makes it again, the triggers of a view included, last first."""
    if kind == "view":
        statements = [trigger.statement for trigger in triggers(connection, name)] + [views(connection)[name]]
    else:
        statements = [trigger.statement for trigger in triggers(connection) if trigger.name == name]
    connection.exec_driver_sql(f"DROP {kind} {quote(name)}")
    return statements


@contextlib.contextmanager
def _legacy_alter_table(connection: sa.Connection, setting: str) -> Iterator[None]:
    before = count(connection, "PRAGMA legacy_alter_table")
    connection.exec_driver_sql(f"PRAGMA legacy_alter_table = {setting}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA legacy_alter_table = {before}")


@contextlib.contextmanager
def _whatever_is_unreadable(connection: sa.Connection) -> Iterator[None]:
    """Have a rename leave alone what it cannot read, such as another table's index by a collation that is not here."""
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    try:
        yield
    finally:
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")


def change_rows(connection: sa.Connection, table: str, statement: str) -> int:
    """Change rows of a table without its triggers, which might change more; return how many."""
    set_unreadable_indexes_aside(connection, table)
    with without_triggers(connection, triggers(connection, table)), refusing_what_is_missing(table):
        return connection.exec_driver_sql(statement).rowcount


def insert_rows(connection: sa.Connection, table: str, statement: str) -> int:
    """Insert rows into a table without its triggers; return how many.

    Their ids are noted, with how many rows referred to each in vain before: on the way back they do so again.
    """
    if not connection.info.get(BEFORE):
        return change_rows(connection, table, statement)
    connection.exec_driver_sql("CREATE TEMP TABLE inserted (id)")
    noting = "BEGIN INSERT INTO inserted VALUES (NEW.id); END"
    connection.exec_driver_sql(f"CREATE TEMP TRIGGER noting AFTER INSERT ON main.{quote(table)} {noting}")
    try:
        rows = change_rows(connection, table, statement)
    finally:
        connection.exec_driver_sql("DROP TRIGGER temp.noting")
    if rows and (live := read_table(connection, table)):
        kept = free_name(connection, f"retired_undo_{table}")
        connection.exec_driver_sql(
            f"CREATE TABLE {quote(kept)} AS SELECT id, {references(connection, live)} AS painel_referred "
            f"FROM {quote(live.name)} WHERE id IN (SELECT id FROM temp.inserted)"
        )
        enter(connection, "undo inserted", table, kept_in=kept)
    connection.exec_driver_sql("DROP TABLE temp.inserted")
    return rows


@contextlib.contextmanager
def without_triggers(connection: sa.Connection, some: list[Trigger]) -> Iterator[None]:
    """Take triggers down, and put them back afterwards."""
    for trigger in some:
        connection.exec_driver_sql(f"DROP TRIGGER {quote(trigger.name)}")
    yield
    for trigger in some:
        connection.exec_driver_sql(trigger.statement)
