"""Foreign keys: turned round to another table, and checked as a whole before the commit."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from painel_migrations.operations.sqlite.live import log, read_table, read_tables
from painel_migrations.operations.sqlite.rebuild import rebuild
from painel_migrations.operations.sqlite.refusals import refuse_orphans
from painel_migrations.operations.sqlite.table import FOREIGN_KEY, Constraint, Table, foreign_key
from painel_migrations.operations.sqlite.text import key


def repoint_foreign_keys(connection: sa.Connection, source: str, target: str) -> None:
    """Make every foreign key that refers to ``source``, which may be gone, refer to ``target``, which has the rows.

    Errors: Refused where ``target`` lacks a row that is referred to.
    """
    there = read_table(connection, target)
    if there is None:
        return
    for table in read_tables(connection):
        if key(table.name) == key(source):
            continue
        turned = [constraint for constraint in table.of_kind(FOREIGN_KEY) if key(constraint.target) == key(source)]
        turned = [constraint for constraint in turned if there.has(*(constraint.target_columns or there.primary_key))]
        for constraint in turned:
            table = _turn(connection, table, constraint, there)  # noqa: PLW2901


def _turn(connection: sa.Connection, table: Table, old: Constraint, target: Table) -> Table:
    new = foreign_key(old.columns, target.name, old.target_columns, old.actions, old.name)
    refuse_orphans(connection, table.name, new, new.target_columns or target.primary_key)
    others = tuple(constraint for constraint in table.constraints if constraint.meaning not in (old.meaning, new.meaning))
    turned = dataclasses.replace(table, constraints=(*others, new))
    rebuild(connection, table, turned)
    log.info("%s.%s refers to %s again", table.name, ", ".join(old.columns), target.name)
    return turned


def check_foreign_keys(connection: sa.Connection) -> None:
    """Check every foreign key of every table, known or not: SQLite itself checked none while tables were rebuilt.

    Errors: Refused, for the first key that a row breaks. A key whose table is missing is broken by every row that uses it.
    """
    tables = {key(table.name): table for table in read_tables(connection)}
    for table in tables.values():
        for constraint in table.of_kind(FOREIGN_KEY):
            target = tables.get(key(constraint.target))
            there = (constraint.target_columns or target.primary_key) if target else ()
            if target and (len(there) != len(constraint.columns) or not target.has(*there)):
                log.warning("%s: a foreign key to %s names no key of it, and is not checked", table.name, target.name)
                continue
            refuse_orphans(connection, table.name, constraint, there)
