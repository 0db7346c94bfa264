"""Foreign keys of tables nobody knows that were broken before a run: reported, and no reason to refuse it."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa

from homecoming.operations.sqlite import faults
from homecoming.operations.sqlite.live import all_tables
from homecoming.operations.sqlite.refusals import count_orphans
from homecoming.operations.sqlite.table import FOREIGN_KEY, Constraint, Table
from homecoming.operations.sqlite.text import key
from homecoming.project import project

# The key of ``Connection.info`` for the transaction that was looked at, and what was found before its first change.
_BEFORE = "homecoming.violations"
# Under this one a run tells whether it goes up or back.
DIRECTION = "homecoming.direction"

P = ParamSpec("P")
R = TypeVar("R")


def watching(operate: Callable[Concatenate[sa.Connection, P], R]) -> Callable[Concatenate[sa.Connection, P], R]:
    """Return an operation that looks, before the first change of a transaction, which keys are broken already."""

    @functools.wraps(operate)
    def watched(connection: sa.Connection, /, *args: P.args, **kwargs: P.kwargs) -> R:
        remember(connection)
        return operate(connection, *args, **kwargs)

    return watched


def remember(connection: sa.Connection) -> None:
    """Count what foreign keys of unknown tables refer to in vain, once a transaction."""
    if _found(connection) is None:
        if not connection.in_transaction():
            connection.begin()
        faults.remember(connection)
        # The way back brings back keys that were broken: the next run back finds them so.
        every = connection.info.get(DIRECTION) == "downgrade"
        connection.info[_BEFORE] = (connection.get_transaction(), count_unknown(connection, every))


def _found(connection: sa.Connection) -> Counter[tuple[str, ...]] | None:
    transaction, found = connection.info.get(_BEFORE, (None, None))
    return found if transaction is not None and transaction is connection.get_transaction() else None


def tolerate(connection: sa.Connection, table: Table, reference: Constraint, rows: int) -> None:
    """Take in that so many rows referred to nothing in the state that is being brought back."""
    if (found := _found(connection)) is not None:
        found[_place(table, reference)] = max(found[_place(table, reference)], rows)


def broken_before(connection: sa.Connection, table: Table, reference: Constraint) -> int:
    """Return how many rows referred to nothing before the run, of a known table only where it goes back."""
    found = _found(connection)
    return found[_place(table, reference)] if found else 0


def is_unknown(table: str) -> bool:
    """Whether a table is none of the application's, and never was."""
    return key(table) not in {*project().metadata.tables, *project().former.tables}


def count_unknown(connection: sa.Connection, every: bool = False) -> Counter[tuple[str, ...]]:
    """Return for each foreign key of an unknown table, by table and columns, how many rows refer to nothing.

    Arguments: ``every``, of known tables, too.
    """
    tables = {key(table.name): table for table in all_tables(connection)}
    found: Counter[tuple[str, ...]] = Counter()
    for table in tables.values():
        for reference in table.of_kind(FOREIGN_KEY) if every or is_unknown(table.name) else ():
            there = referred(reference, tables.get(key(reference.target)))
            if there is not None:
                found[_place(table, reference)] += count_orphans(connection, table.name, reference, there)
    return found


def referred(reference: Constraint, target: Table | None) -> tuple[str, ...] | None:
    """Return the columns that a foreign key refers to, none where its target is missing; None where they are no key."""
    there = (reference.target_columns or target.primary_key) if target else ()
    return None if target and (len(there) != len(reference.columns) or not target.has(*there)) else there


def _place(table: Table, reference: Constraint) -> tuple[str, ...]:
    return (key(table.name), *map(key, reference.columns))
