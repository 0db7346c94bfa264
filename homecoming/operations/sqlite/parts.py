"""Indexes, constraints, triggers and views that go to the register, and come back where they fit."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import sqlalchemy as sa

from homecoming.operations.sqlite.live import (
    Index,
    Trigger,
    count_where,
    read_table,
    triggers,
    views,
)
from homecoming.operations.sqlite.refusals import count_duplicates, count_orphans
from homecoming.operations.sqlite.register import note
from homecoming.operations.sqlite.table import CHECK, FOREIGN_KEY, UNIQUE, Constraint, Table
from homecoming.operations.sqlite.text import key, mentions, quote


def taking(connection: sa.Connection, table: Table, unwanted: Callable[[Constraint], bool]) -> Table:
    """Enter the constraints that ``unwanted`` says yes to; return the table without them, still to be built."""
    for constraint in table.constraints:
        if unwanted(constraint):
            name = f"{table.name}.{constraint.known_as(table.name)}"
            note(connection, "constraint", name, definition=constraint.spelled)
    return table.dropping(unwanted)


def take_index(connection: sa.Connection, index: Index) -> None:
    """Enter an index, and drop it."""
    note(connection, "index", f"{index.table}.{index.name}", definition=index.statement)
    connection.exec_driver_sql(f"DROP INDEX {quote(index.name)}")


def take_trigger(connection: sa.Connection, trigger: Trigger) -> None:
    """Enter a trigger, and drop it."""
    note(connection, "trigger", f"{trigger.table}.{trigger.name}", definition=trigger.statement)
    connection.exec_driver_sql(f"DROP TRIGGER {quote(trigger.name)}")


def take_triggers_on(connection: sa.Connection, table: str, column: str | None = None) -> None:
    """Take down the triggers, of whatever table, that would fail without a table, or without one of its columns."""
    for trigger in triggers(connection):
        concerned = key(trigger.table) == key(table) or mentions(trigger.statement, table)
        if concerned and (column is None or mentions(trigger.statement, column)):
            take_trigger(connection, trigger)


def holds(connection: sa.Connection, table: str, constraint: Constraint) -> bool:
    """Whether every row satisfies a constraint."""
    if constraint.kind == CHECK:
        condition = constraint.body[len("CHECK") :]
        try:
            return count_where(connection, table, f"NOT {condition}") == 0
        except sa.exc.DatabaseError:
            return False
    if constraint.kind == UNIQUE:
        return count_duplicates(connection, table, constraint.columns) == 0
    if constraint.kind == FOREIGN_KEY:
        target = read_table(connection, constraint.target)
        there = constraint.target_columns or (target.primary_key if target else ())
        return bool(target and target.has(*there)) and count_orphans(connection, table, constraint, there) == 0
    return False


@contextlib.contextmanager
def keeping_views_sound(connection: sa.Connection) -> Iterator[None]:
    """Enter and drop the views that a change of tables breaks: one broken view stops every plain rename of a table."""
    sound = [name for name in views(connection) if _works(connection, name)]
    yield
    for name in sound:
        if not _works(connection, name):
            note(connection, "view", name, definition=views(connection)[name])
            for trigger in triggers(connection, name):
                note(connection, "trigger", f"{name}.{trigger.name}", definition=trigger.statement)
            connection.exec_driver_sql(f"DROP VIEW {quote(name)}")


def _works(connection: sa.Connection, view: str) -> bool:
    """Whether what a view reads is there; it is prepared, not run."""
    try:
        connection.exec_driver_sql(f"EXPLAIN SELECT * FROM {quote(view)}").close()
    except sa.exc.DatabaseError:
        return False
    return True
