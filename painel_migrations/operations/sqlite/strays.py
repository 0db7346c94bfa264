"""What scripts put on known columns and the schema does not have: indexes, constraints, triggers."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from painel_migrations.operations.sqlite.live import indexes, read_table, triggers
from painel_migrations.operations.sqlite.parts import restore_parts, take_index, take_trigger, taking
from painel_migrations.operations.sqlite.rebuild import rebuild_if_changed
from painel_migrations.operations.sqlite.table import PRIMARY_KEY, Constraint, columns_mentioned
from painel_migrations.operations.sqlite.text import index_body, key


def drop_strays(connection: sa.Connection, table: str, columns: Collection[str], keep: Collection[str]) -> None:
    """Drop what is on a table's known columns and is not to be kept; its definition goes to the register.

    Arguments: ``columns``, the known ones: what another column has a part in stays; ``keep``, names of indexes and
    triggers, and of constraints as PostgreSQL would call them, since SQLite's have no names.
    """
    live = read_table(connection, table)
    if live is None:
        return
    kept, known = set(map(key, keep)), set(map(key, columns))

    def is_stray(constraint: Constraint) -> bool:
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
    rebuild_if_changed(connection, live, taking(connection, live, is_stray))


def restore_strays(connection: sa.Connection, table: str) -> None:
    """Make again what was dropped, as far as it fits; what does not fit stays in the register."""
    restore_parts(connection, table)
