"""Tables and columns: there, and as described; what is not described stays as it is."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from painel_migrations.operations.sqlite import cells, values
from painel_migrations.operations.sqlite.keys import clear_name, ensure_index, uniquely
from painel_migrations.operations.sqlite.live import count_where, has_rows, log, read_table
from painel_migrations.operations.sqlite.parts import taking
from painel_migrations.operations.sqlite.rebuild import add_column, rebuild, rebuild_if_changed
from painel_migrations.operations.sqlite.refusals import (
    refuse_duplicates,
    refuse_misfits,
    refuse_nulls,
    refuse_orphans,
    refuse_unknown_labels,
)
from painel_migrations.operations.sqlite.register import Entry, noted
from painel_migrations.operations.sqlite.table import FOREIGN_KEY, PRIMARY_KEY, Column, Constraint, Table, primary_key
from painel_migrations.operations.sqlite.text import key, meaning, quote
from painel_migrations.operations.sqlite.wanted import Wanted, wanted


def ensure_table(
    connection: sa.Connection, name: str, items: Sequence[SchemaItem], passing: Sequence[SchemaItem] = ()
) -> None:
    """Make a table, or what it lacks of columns, keys and indexes, each exactly as described.

    Arguments: ``passing``, items that are made with the table, and left alone where it exists.
    Errors: Refused where rows do not fit.
    """
    live = read_table(connection, name)
    if live is not None:
        conform(connection, live, wanted(name, items), options="")
        return
    said = wanted(name, [*items, *passing])
    clear_name(connection, name)
    connection.exec_driver_sql(said.as_table().statement())
    for index in said.indexes:
        ensure_index(connection, index.name, name, index.columns, index.unique)
    log.info("%s created", name)


def ensure_table_unless(
    connection: sa.Connection,
    successor: str,
    name: str,
    items: Sequence[SchemaItem],
    passing: Sequence[SchemaItem] = (),
) -> None:
    """Do as ensure_table(), unless the table is missing because another took its place."""
    if read_table(connection, name) or not read_table(connection, successor):
        ensure_table(connection, name, items, passing)


def ensure_column(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    """Make a column of a table, or what it lacks. A column that was retired comes with the cells that were kept.

    Errors: Refused where a row has no value, or one that does not fit, repeats, or refers to nothing.
    """
    if live := read_table(connection, table):
        conform(connection, live, wanted(table, [column]))


def passing_column(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    """Add a column that a later revision takes away, to a table without rows only: one with rows has it, or is past it."""
    live = read_table(connection, table)
    if live and not live.has(column.name) and not has_rows(connection, live.name):
        ensure_column(connection, table, column)


def tighten_column(connection: sa.Connection, table: str, column: str) -> None:
    """Make a column NOT NULL, unless a row is NULL: for what must not fail."""
    live = read_table(connection, table)
    found = live.column(column) if live else None
    if live is None or found is None or found.not_null:
        return
    if count_where(connection, live.name, f"{quote(column)} IS NULL"):
        log.warning("%s.%s stays nullable: rows hold NULL", table, column)
    else:
        rebuild(connection, live, live.replacing(column, dataclasses.replace(found, not_null="NOT NULL")))


def conform(connection: sa.Connection, live: Table, said: Wanted, options: str | None = None) -> None:
    """Give a table what it lacks of what was said, in at most one rebuild.

    Arguments: ``options``, those the table is to have, if they were said.
    Errors: Refused where rows do not fit; nothing is changed by then.
    """
    target, expressions, returning = live, dict[str, str](), list[Entry]()
    for column in said.columns:
        old = live.column(column.name)
        entry = None if old else noted(connection, "column", f"{live.name}.{column.name}")
        if old:
            expression = quote(old.name)
            collation = tuple(clause for clause in old.rest if meaning(clause).startswith("collate "))
            target = target.replacing(old.name, dataclasses.replace(column, rest=collation))
        else:
            expression = cells.kept_value(entry, column.name, live.name) if entry else "NULL"
            target = target.adding(column)
            returning += [entry] if entry else []
        _refuse_misfits(connection, live, old, column, expression, said.enum_of(column.name))
        enum = said.enum_of(column.name)
        if enum and old and count_where(connection, live.name, values.unfolded(old.name, enum.enums)):
            target = values.release_checks(connection, target, column.name)
        if not old or old.name != column.name or enum:
            expressions[column.name] = values.folded(expression, enum.enums) if enum else expression
    target = _keyed(connection, live, target, said)
    if options is not None:
        target = dataclasses.replace(target, options=options)
    if target.meaning == live.meaning:
        _fold(connection, live, said)
    elif additions := _simple_additions(live, target, expressions):
        for column, reference in additions:
            add_column(connection, live.name, column, reference)
        _fold(connection, live, said)
    else:
        rebuild(connection, live, target, expressions)
    for entry in returning:
        cells.let_go(connection, entry)
    for index in said.indexes:
        ensure_index(connection, index.name, live.name, index.columns, index.unique)
    _report(live, target)


def _refuse_misfits(
    connection: sa.Connection, live: Table, old: Column | None, column: Column, expression: str, enum: sa.Enum | None
) -> None:
    """Refuse where rows hold what a column cannot take."""
    if enum:
        refuse_unknown_labels(connection, live.name, column.name, enum.name or column.name, enum.enums, expression)
    elif old is None or meaning(old.type) != meaning(column.type):
        refuse_misfits(connection, live.name, column.name, column.type, expression)
    if column.not_null and not (old and old.not_null):
        refuse_nulls(connection, live.name, column.name, expression)


def _keyed(connection: sa.Connection, live: Table, target: Table, said: Wanted) -> Table:
    """Return the table with the keys that were said."""
    if said.primary_key:
        wanted_key = primary_key(said.primary_key)
        found = target.of_kind(PRIMARY_KEY)
        if not (found and found[0].is_on(said.primary_key)):
            refuse_duplicates(connection, live.name, said.primary_key)
        # Without AUTOINCREMENT the next id is still one above the highest.
        target = dataclasses.replace(target.dropping(lambda c: c.kind == PRIMARY_KEY), autoincrement=False)
        target = target.constrained(wanted_key)
    for constraint in said.uniques:
        if live.has(*constraint.columns):
            target = uniquely(connection, target, constraint)
        else:
            target = target.constrained(constraint)
    for constraint in said.foreign_keys:
        target = _referring(connection, live, target, constraint)
    return target


def _referring(connection: sa.Connection, live: Table, target: Table, wanted_key: Constraint) -> Table:
    """Return the table with one foreign key on the column; what else its column alone refers to goes to the register."""
    there = read_table(connection, wanted_key.target)
    columns = wanted_key.target_columns if there else ()
    found = [constraint for constraint in target.of_kind(FOREIGN_KEY) if constraint.is_on(wanted_key.columns)]
    if not any(key(constraint.target) == key(wanted_key.target) for constraint in found):
        if there and live.has(*wanted_key.columns):
            refuse_orphans(connection, live.name, wanted_key, columns)
    same = {
        constraint.meaning
        for constraint in found
        if key(constraint.target) == key(wanted_key.target) and meaning(constraint.actions) == meaning(wanted_key.actions)
    }
    target = taking(connection, target, lambda c: c in found and c.meaning not in same)
    return target.dropping(lambda c: c in found).constrained(wanted_key)


def _simple_additions(live: Table, target: Table, expressions: dict[str, str]) -> list[tuple[Column, str]]:
    """Return the columns, and their REFERENCES, that ALTER TABLE can add without touching a row; none if more is to be done."""
    added = [column for column in target.columns if not live.has(column.name)]
    references = {c.columns[0]: c for c in target.constraints if c not in live.constraints and c.kind == FOREIGN_KEY}
    plain = all(
        column.default is None and not column.not_null and expressions[column.name] in ("NULL", "")
        for column in added
        if column.name in expressions
    )
    rest = dataclasses.replace(target, columns=target.columns[: len(live.columns)])
    rest = rest.dropping(lambda c: c in references.values() and any(column.name in c.columns for column in added))
    if not plain or rest.meaning != live.meaning:
        return []
    return [(c, references[c.name].body.partition(") ")[2] if c.name in references else "") for c in added]


def _fold(connection: sa.Connection, live: Table, said: Wanted) -> None:
    for name, enum in said.enums.items():
        if live.has(name) and count_where(connection, live.name, values.unfolded(name, enum.enums)):
            values.fold_to_labels(connection, live, name, enum.enums)


def _report(live: Table, target: Table) -> None:
    for column in target.columns:
        old = live.column(column.name)
        if old is None:
            log.info("%s.%s added", live.name, column.name)
        elif meaning(old.type) != meaning(column.type):
            log.info("%s.%s: %s -> %s", live.name, column.name, old.type or "no type", column.type)
