"""Triggers of the schema."""

from __future__ import annotations

import sqlalchemy as sa

from homecoming.operations.describe import Trigger
from homecoming.operations.sqlite.live import read_table, triggers
from homecoming.operations.sqlite.text import key, quote


def ensure_trigger(connection: sa.Connection, table: str, trigger: Trigger) -> None:
    """Make triggers, or make them right; they are compared but for blanks."""
    if read_table(connection, table) is None:
        return
    live = {key(trigger.name): trigger for trigger in triggers(connection)}
    for name, statement in trigger.sqlite.items():
        found = live.get(key(name))
        if found and key(found.table) == key(table) and found.statement.split() == statement.rstrip("; \n").split():
            continue
        if found:
            connection.exec_driver_sql(f"DROP TRIGGER {quote(found.name)}")
        connection.exec_driver_sql(statement)


def ensure_no_trigger(connection: sa.Connection, table: str, trigger: Trigger) -> None:
    """Drop the triggers of these names that are on this table."""
    for found in triggers(connection, table):
        if key(found.name) in map(key, trigger.sqlite):
            connection.exec_driver_sql(f"DROP TRIGGER {quote(found.name)}")
