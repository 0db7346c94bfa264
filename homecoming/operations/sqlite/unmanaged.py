"""What scripts put on known tables and the schema does not have: indexes, constraints, triggers, NOT NULL."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import sqlalchemy as sa

from homecoming.operations.sqlite.live import indexes, read_table, triggers
from homecoming.operations.sqlite.parts import take_index, take_trigger, taking
from homecoming.operations.sqlite.rebuild import rebuild_if_changed
from homecoming.operations.sqlite.register import note
from homecoming.operations.sqlite.table import CHECK, PRIMARY_KEY, Column, Constraint, columns_mentioned
from homecoming.operations.sqlite.text import index_body, key, meaning, quote
from homecoming.operations.sqlite.wanted import wanted
from homecoming.project import project
from homecoming.schema.dialects import schema_for


def drop_unmanaged(connection: sa.Connection, tables: Iterable[str]) -> None:
    """Drop what is on the tables' known columns and is not the schema's; its definition goes to the register.

    What another column has a part in stays.
    """
    for table in tables:
        _drop_unmanaged(connection, table)


def _drop_unmanaged(connection: sa.Connection, table: str) -> None:
    live = read_table(connection, table)
    described = schema_for("sqlite").tables.get(table)
    if live is None or described is None:
        return
    known = {key(column.name) for column in described.columns}
    kept = _names(described)

    blocking = {key(column.name) for column in live.columns if column.default is None and not column.generated} - known

    def is_unmanaged(constraint: Constraint) -> bool:
        if constraint.kind == CHECK and len(constraint.columns) == 1 and key(constraint.columns[0]) in blocking:
            # NOT NULL by another name.
            return meaning(constraint.body) == meaning(f"CHECK ({quote(constraint.columns[0])} IS NOT NULL)")
        return (
            constraint.kind != PRIMARY_KEY
            and key(constraint.known_as(live.name)) not in kept
            and known.issuperset(map(key, constraint.columns))
        )

    for index in indexes(connection, live.name):
        among = index.columns or columns_mentioned(index_body(index.statement), live.columns)
        if key(index.name) not in kept and known.issuperset(map(key, among)):
            take_index(connection, index)
    for trigger in triggers(connection, live.name):
        if key(trigger.name) not in kept:
            take_trigger(connection, trigger)
    target = taking(connection, live, is_unmanaged)
    for column in live.columns:
        if key(column.name) not in known and _blocks(column):
            # The application does not know it, so none of its inserts would pass.
            note(connection, "not null", f"{live.name}.{column.name}", definition=column.not_null)
            target = target.replacing(column.name, dataclasses.replace(column, not_null=""))
    rebuild_if_changed(connection, live, target)


def _names(described: sa.Table) -> set[str]:
    """The schema's indexes and triggers of a table, and its constraints as PostgreSQL calls them."""
    uniques = [item for item in described.constraints if isinstance(item, sa.UniqueConstraint)]
    said = wanted(described.name, [*described.columns, *uniques])
    names = [constraint.known_as(described.name) for constraint in (*said.uniques, *said.foreign_keys)]
    names += [str(index.name) for index in described.indexes]
    names += [trigger.name for trigger in project().triggers["sqlite"] if trigger.table == described.name]
    return set(map(key, names))


def _blocks(column: Column) -> bool:
    return bool(column.not_null) and column.default is None and not column.generated
