"""Unique constraints and indexes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from homecoming.operations.messages import said
from homecoming.operations.sqlite import faults
from homecoming.operations.sqlite.live import (
    Index,
    free_name,
    indexes,
    kind_of,
    log,
    owner_of_index,
    read_table,
)
from homecoming.operations.sqlite.parts import take_index
from homecoming.operations.sqlite.rebuild import rebuild, rebuild_if_changed
from homecoming.operations.sqlite.refusals import all_fit, count_duplicates, is_unique
from homecoming.operations.sqlite.table import PRIMARY_KEY, UNIQUE, Constraint, Table, primary_key, unique
from homecoming.operations.sqlite.text import index_renamed, key, listed, quote


def keyed(connection: sa.Connection, live: Table, target: Table, columns: Sequence[str]) -> Table:
    """Return the table ``target``, still to be built, with an unnamed primary key on these columns.

    Without AUTOINCREMENT, which goes, the next id is still one above the highest.
    Errors: Refused where values occur twice, or are none that a key of that type takes.
    """
    found = target.of_kind(PRIMARY_KEY)
    if not (found and found[0].is_on(columns)) and live.has(*columns):
        own = [column for name in columns if (column := target.column(name))]
        fit = [all_fit(connection, live, column.name, column.type, quote(column.name)) for column in own]
        if not (all(fit) and is_unique(connection, live.name, columns)):
            return target
    target = dataclasses.replace(target, autoincrement=False).dropping(lambda c: c.kind == PRIMARY_KEY)
    return target.constrained(primary_key(columns))


def uniquely(connection: sa.Connection, live: Table, target: Table, wanted: Constraint) -> Table:
    """Return the table ``target``, still to be built, with one unnamed UNIQUE on the columns of ``wanted``.

    Errors: Refused where values occur twice.
    """
    found = [constraint for constraint in target.of_kind(UNIQUE) if constraint.is_on(wanted.columns)]
    if not found and live.has(*wanted.columns) and not is_unique(connection, live.name, wanted.columns):
        return target
    return target.dropping(lambda constraint: constraint in found).constrained(wanted)


def ensure_unique(connection: sa.Connection, table: str, columns: Sequence[str]) -> None:
    """Make columns unique together.

    Errors: Refused where values occur twice.
    """
    if live := read_table(connection, table):
        rebuild_if_changed(connection, live, uniquely(connection, live, live, unique(columns)))


def try_add_unique(connection: sa.Connection, table: str, columns: Sequence[str]) -> None:
    """Make columns unique together, unless values occur twice: for what must not fail."""
    if read_table(connection, table) is None:
        return
    if count_duplicates(connection, table, columns):
        log.warning("%s (%s) stays without UNIQUE: values occur twice", table, ", ".join(columns))
    else:
        ensure_unique(connection, table, columns)


def ensure_no_unique(connection: sa.Connection, table: str, columns: Sequence[str]) -> None:
    """Drop what makes exactly these columns unique: constraints, and plain unique indexes."""
    live = read_table(connection, table)
    if live is None:
        return
    for index in indexes(connection, live.name):
        if index.unique and index.columns and list(map(key, index.columns)) == list(map(key, columns)):
            connection.exec_driver_sql(f"DROP INDEX {quote(index.name)}")
    kept = live.dropping(lambda constraint: constraint.kind == UNIQUE and constraint.is_on(columns))
    if kept != live:
        rebuild(connection, live, kept)


def ensure_index(connection: sa.Connection, table: str, name: str, unique: bool, columns: Sequence[str]) -> None:
    """Make an index of this name on these columns, whole and in ascending order; another of this name makes way.

    One that says the same gets the name.

    Errors: Refused where values of a unique one occur twice, or a table has its name.
    """
    live = read_table(connection, table)
    if live is None:
        return
    for index in indexes(connection, live.name):
        if key(index.name) == key(name):
            if index.columns == tuple(columns) and index.unique == unique:
                return
            take_index(connection, index)
    same = next((i for i in indexes(connection, live.name) if (i.columns, i.unique) == (tuple(columns), unique)), None)
    if same is None and unique and not is_unique(connection, live.name, columns):
        return
    clear_name(connection, name)
    if same is not None:
        rename_index(connection, same, name)
        return
    kind = "UNIQUE INDEX" if unique else "INDEX"
    connection.exec_driver_sql(f"CREATE {kind} {quote(name)} ON {quote(live.name)} ({listed(columns)})")


def clear_name(connection: sa.Connection, name: str) -> None:
    """Give the index that has a name, on whatever table, another: names of indexes are one to a file.

    Errors: Refused, outside of a run, where a table or a view has the name.
    """
    owner = owner_of_index(connection, name)
    if not owner and kind_of(connection, name):
        _move_away(connection, name)
        return
    for index in indexes(connection, owner):
        if key(index.name) == key(name):
            rename_index(connection, index, free_name(connection, name))


def _move_away(connection: sa.Connection, name: str) -> None:
    """Note that something nobody knows has a name that is needed, and take it away: the run goes on to the rest."""
    statement, how = f"DROP VIEW {quote(name)}", "name_taken.drop"
    if kind_of(connection, name) != "view":
        statement = f"ALTER TABLE {quote(name)} RENAME TO {quote(free_name(connection, f'{name}_2'))}"
        how = "name_taken.rename"
    maybe = faults.may_be_table(connection, name).removesuffix("; else ")
    faults.note(
        connection,
        said("name_taken.what", name=name),
        f"{said(how)}{statement}{maybe and f'; {maybe}'}",
    )
    connection.exec_driver_sql(statement)


def rename_index(connection: sa.Connection, index: Index, name: str) -> None:
    """Make an index again under another name."""
    connection.exec_driver_sql(f"DROP INDEX {quote(index.name)}")
    connection.exec_driver_sql(index_renamed(index.statement, name))


def ensure_no_index(connection: sa.Connection, table: str, name: str) -> None:
    """Drop the index of this name, if it is on this table."""
    if any(key(index.name) == key(name) for index in indexes(connection, table)):
        connection.exec_driver_sql(f"DROP INDEX {quote(name)}")
