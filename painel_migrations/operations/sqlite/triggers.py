"""Triggers of the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from painel_migrations.operations.sqlite.live import read_table, triggers
from painel_migrations.operations.sqlite.text import key, quote


def ensure_trigger(connection: sa.Connection, table: str, statements: Mapping[str, str]) -> None:
    """Make triggers, or make them right.

    Arguments: ``statements``, the whole CREATE TRIGGER of each, by name; they are compared but for blanks.
    """
    if read_table(connection, table) is None:
        return
    live = {key(trigger.name): trigger for trigger in triggers(connection)}
    for name, statement in statements.items():
        found = live.get(key(name))
        if found and key(found.table) == key(table) and found.statement.split() == statement.rstrip("; \n").split():
            continue
        if found:
            connection.exec_driver_sql(f"DROP TRIGGER {quote(found.name)}")
        connection.exec_driver_sql(statement)


def ensure_no_trigger(connection: sa.Connection, table: str, names: Iterable[str]) -> None:
    """Drop the triggers of these names that are on this table."""
    for trigger in triggers(connection, table):
        if key(trigger.name) in map(key, names):
            connection.exec_driver_sql(f"DROP TRIGGER {quote(trigger.name)}")
