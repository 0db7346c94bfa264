"""Tables and columns: there, and as described; what is not described stays as it is."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa

from homecoming.operations.describe import Items
from homecoming.operations.sqlite import cells, values
from homecoming.operations.sqlite.foreign_keys import referring
from homecoming.operations.sqlite.keys import clear_name, ensure_index, keyed, uniquely
from homecoming.operations.sqlite.live import count_where, has_rows, log, read_table
from homecoming.operations.sqlite.rebuild import rebuild
from homecoming.operations.sqlite.refusals import all_fit, has_labels, has_values
from homecoming.operations.sqlite.register import Entry
from homecoming.operations.sqlite.respelled import mind_values
from homecoming.operations.sqlite.table import FOREIGN_KEY, Column, Table
from homecoming.operations.sqlite.text import meaning, quote
from homecoming.operations.sqlite.wanted import Wanted, wanted


def ensure_table(connection: sa.Connection, name: str, items: Items) -> None:
    """Make a table, or what it lacks of columns, keys and indexes, each exactly as described.

    Errors: Refused where rows do not fit.
    """
    live = read_table(connection, name)
    if live is not None:
        conform(connection, live, wanted(name, items), options="")
        return
    said = wanted(name, [*items, *items.transitional])
    clear_name(connection, name)
    connection.exec_driver_sql(said.as_table().statement())
    for index in said.indexes:
        ensure_index(connection, name, index.name, index.unique, index.columns)
    log.info("%s created", name)


def ensure_table_unless(connection: sa.Connection, successor: str, name: str, items: Items) -> None:
    """Do as ensure_table(), unless the table is missing because another took its place."""
    if read_table(connection, name) or not read_table(connection, successor):
        ensure_table(connection, name, items)


def ensure_column(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    """Make a column of a table, or what it lacks. A column that was retired comes with the cells that were kept.

    Errors: Refused where a row has no value, or one that does not fit, repeats, or refers to nothing.
    """
    if live := read_table(connection, table):
        conform(connection, live, wanted(live.name, [column]))


def transitional_column(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    """Add a column that a later revision takes away, but not to a table with rows: that has it, or is past it."""
    live = read_table(connection, table)
    if live and not live.has(column.name) and not has_rows(connection, live.name):
        ensure_column(connection, table, column)


def lacking_column(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    """Add a column that a later revision changes, where it is missing."""
    live = read_table(connection, table)
    if live and not live.has(column.name):
        ensure_column(connection, table, column)


@dataclasses.dataclass(frozen=True)
class Source:
    """Where the values of a column come from.

    Arguments: ``old``, the live column, if there is one; ``kept``, the entries and tables of its kept cells, if it was
    retired, the latest first; ``fits``, whether the column can take them.
    """

    column: Column
    old: Column | None
    kept: list[tuple[Entry, Table]]
    expression: str
    fits: bool = True

    @staticmethod
    def of(connection: sa.Connection, live: Table, column: Column) -> Source:
        """Return where the values of ``column`` come from."""
        old = live.column(column.name)
        if old:
            return Source(column, old, [], quote(old.name))
        kept = cells.kept(connection, "column", f"{live.name}.{column.name}")
        expression = cells.kept_value([archive for _, archive in kept], column.name, live)
        if column.not_null and column.default is not None:
            expression = f"coalesce({expression}, {column.default})"
        return Source(column, None, kept, expression)


def conform(connection: sa.Connection, live: Table, said: Wanted, options: str | None = None) -> None:
    """Give a table what it lacks of what was said, in at most one rebuild.

    Arguments: ``options``, those the table is to have, if they were said.
    What rows do not fit is a fault, and left out. Errors: Refused, outside of a run; no row is changed by then.
    """
    found = [Source.of(connection, live, column) for column in said.columns]
    sources = [_fitting(connection, live, source, said.enum_of(source.column.name)) for source in found]
    target = live if options is None else dataclasses.replace(live, options=options)
    expressions: dict[str, str] = {}
    for source in sources:
        name, enum = source.column.name, said.enum_of(source.column.name)
        target = target.replacing(source.old.name, source.column) if source.old else target.adding(source.column)
        labels = enum.enums if enum and source.fits else ()
        if labels and source.old and count_where(connection, live.name, values.unnormalized(source.old.name, labels)):
            normalizes_to = values.normalized(quote(source.old.name), labels)
            mind_values(connection, live.name, source.old.name, normalizes_to)
            target = values.release_checks(connection, target, name)
        normalizes = labels and (source.old or source.kept)
        expressions[name] = values.normalized(source.expression, labels) if normalizes else source.expression
    if said.primary_key:
        target = keyed(connection, live, target, said.primary_key)
    for constraint in said.uniques:
        target = uniquely(connection, live, target, constraint)
    for constraint in said.foreign_keys:
        target = referring(connection, live, target, constraint)
    _change(connection, live, target, said, expressions)
    for source in sources:
        for place, (entry, archive) in enumerate(source.kept):
            cells.release(connection, entry, archive, source.column.name, target, every=place == 0)
    for index in said.indexes:
        ensure_index(connection, live.name, index.name, index.unique, index.columns)


def _fitting(connection: sa.Connection, live: Table, source: Source, enum: sa.Enum | None) -> Source:
    """Return a column as far as rows fit it, and note those that do not."""
    column, old = source.column, source.old
    fits, has_all = True, True
    if enum and (old or source.kept):
        replaced = bool(cells.kept(connection, "cells", f"{live.name}.{column.name}")) or not old
        name = enum.name or column.name
        fits = has_labels(connection, live.name, column.name, name, enum.enums, source.expression, replaced)
    elif old and meaning(old.type) != meaning(column.type):
        # Of kept cells nothing is asked: they were in a column of that name before.
        fits = all_fit(connection, live, column.name, column.type, source.expression)
    if column.not_null and not (old and old.not_null):
        has_all = has_values(connection, live.name, column, source.expression)
    if not fits:
        column = old or dataclasses.replace(column, not_null="")
    elif not has_all:
        column = dataclasses.replace(column, not_null="")
    return dataclasses.replace(source, column=column, fits=fits)


def _change(connection: sa.Connection, live: Table, target: Table, said: Wanted, expressions: dict[str, str]) -> None:
    """Make the live table the target: by nothing, by ALTER, or by a rebuild."""
    if target.meaning != live.meaning and not _only_adds(live, target, expressions):
        rebuild(connection, live, target, expressions)
    else:
        references = {c.columns[0]: c.reference for c in target.of_kind(FOREIGN_KEY)}
        for column in target.columns[len(live.columns) :]:
            clause = f"{column.spelled} {references.get(column.name, '')}".rstrip()
            connection.exec_driver_sql(f"ALTER TABLE {quote(live.name)} ADD COLUMN {clause}")
        for name, enum in said.enums.items():
            if live.has(name) and count_where(connection, live.name, values.unnormalized(name, enum.enums)):
                values.normalize_labels(connection, live, name, enum.enums)
    for column in target.columns:
        old = live.column(column.name)
        if old is None:
            log.info("%s.%s added", live.name, column.name)
        elif meaning(old.type) != meaning(column.type):
            log.info("%s.%s: %s -> %s", live.name, column.name, old.type or "no type", column.type)
        elif old.rest != column.rest:
            log.info("%s.%s: no longer %s", live.name, column.name, ", ".join(old.rest))


def _only_adds(live: Table, target: Table, expressions: dict[str, str]) -> bool:
    """Whether ALTER TABLE can do it without touching a row: it is columns that may be NULL, and are, and references."""
    added = target.columns[len(live.columns) :]
    if any(column.default is not None or column.not_null or expressions[column.name] != "NULL" for column in added):
        return False
    alone = {(column.name,) for column in added}
    rest = dataclasses.replace(target, columns=target.columns[: len(live.columns)])
    rest = rest.dropping(lambda constraint: constraint.kind == FOREIGN_KEY and constraint.columns in alone)
    return rest.meaning == live.meaning
