"""The guarded operations, as revisions spell them after ``op.``: each looks at what is there, and does what is missing.

What an operation makes true is the first line of its docstring. The arguments are the same for both dialects.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from homecoming.errors import UsageError
from homecoming.language import tr
from homecoming.operations.copies import WithCopies
from homecoming.operations.describe import Items, Trigger
from homecoming.operations.literals import Sql
from homecoming.operations.operation import Call, operation


@operation
def undo() -> Call:
    """What the revision changed in this database is as it was found; rows written since stay."""
    return Call("undo")


# Whole tables.


@operation
def ensure_table(table: str, *parts: SchemaItem, transitional: Sequence[SchemaItem] = (), unless: str = "") -> Call:
    """A table exists, with at least these columns, keys and indexes, each exactly as described.

    Args:
        table: Its name.
        parts: Columns and unique constraints.
        transitional: Those that hold only until a later revision changes them: they are made with the table, and left
            alone where it exists.
        unless: A table that took this one's place.

    Raises:
        Refused: Where rows do not fit.
    """
    items = Items(parts, transitional)
    return Call("ensure_table_unless", unless, table, items) if unless else Call("ensure_table", table, items)


@operation
def ensure_renamed(old: str, new: str, required: Sequence[str] = ()) -> Call:
    """A table bears its new name; where both exist the rows move over and the old one is retired.

    Args:
        old: The name it had.
        new: The name it is to have.
        required: Columns that the new table demands: rows without a value there are retired whole.
    """
    return Call("rename_table", old, new, list(required))


@operation
def retire_table(table: str) -> Call:
    """A table is gone; it is kept whole among the retired, with its rows and how its keys and indexes were made."""
    return Call("retire_table", table)


@operation
def retire_copies(*tables: str) -> Call:
    """No copy that a script left is in the application's way; rows come back from it, and keys turn round to the table.

    A reference to a row that has another id by now follows its natural key.

    Args:
        tables: Every table there ever was, those that are referred to first.

    Raises:
        Refused: Where a key refers to a row that is nowhere.
    """
    return Call("retire_copies", WithCopies(tables))


# Columns.


@operation
def ensure_column(table: str, column: sa.Column[Any]) -> Iterator[Call]:
    """A column exists with this type, default, nullability, reference and key; values are converted without loss.

    Raises:
        Refused: Where a row has no value, or one that does not fit, repeats or refers to nothing.
    """
    yield Call("ensure_column", table, column)
    # SQLite makes both with the column, in one rebuild.
    if column.index:
        name = f"ix_{table}_{column.name}"
        yield Call("ensure_index", table, name, bool(column.unique), [column.name], on_sqlite=False)
    elif column.unique:
        yield Call("ensure_unique", table, [column.name], on_sqlite=False)


@operation
def transitional_column(table: str, column: sa.Column[Any]) -> Call:
    """A column that a later revision takes away is on a table without rows; one with rows has it or is past it."""
    return Call("transitional_column", table, column)


@operation
def lacking_column(table: str, column: sa.Column[Any]) -> Call:
    """A column that a later revision changes is there; one that is, is left as it is."""
    return Call("lacking_column", table, column)


@operation
def merge_column(table: str, old: str, into: str) -> Call:
    """Two names for one column become ``into``; where both exist it wins, its gaps are filled, ``old`` is retired."""
    return Call("merge_column", table, old, into)


@operation
def ensure_no_foreign_key(table: str, column: str) -> Call:
    """A column refers to nothing."""
    return Call("ensure_no_foreign_key", table, column)


@operation
def retire_column(table: str, column: str) -> Call:
    """A column is gone; its cells are kept by id in ``<table>__<column>``. One without any value is dropped."""
    return Call("retire_column", table, column)


# Values.


@operation
def replace_values(table: str, column: str, pairs: Mapping[str, str]) -> Call:
    """Named values of a column are others; the originals are kept with their row's key.

    Args:
        table: Its table.
        column: Its name.
        pairs: A row whose value is a key, but for case and outer blanks, gets the value beside it.
    """
    return Call("replace_values", table, column, dict(pairs))


@operation
def fill_column(table: str, column: str, expression: str | Mapping[str, str], *, reason: str) -> Call:
    """No row is without a value in a column, where an expression has one.

    Args:
        table: Its table.
        column: Its name.
        expression: SQL for the value, or one by each dialect's name.
        reason: Why; it is kept with the rows.
    """
    quoted = '"' + column.replace('"', '""') + '"'
    return Call("change_stated", table, Sql(f"{quoted} IS NULL"), _given(reason), [column, Sql(expression)])


@operation
def change_rows(
    table: str, values: Mapping[str, str | Mapping[str, str]], *, where: str | Mapping[str, str], reason: str
) -> Call:
    """Some rows have other values; what they had is kept, and comes back on the way back.

    Args:
        table: Theirs; it has a key.
        values: SQL for each column's value, or one by each dialect's name.
        where: Which rows; ``true`` for all.
        reason: Why; it is kept with the rows.

    Raises:
        UsageError: Where the key itself would change.
    """
    if key := next((column for column in values if column.casefold() == "id"), ""):
        raise UsageError(
            tr(
                "{table}.{key} is what tells the rows of {table} apart, and change_rows() would change it",
                table=table,
                key=key,
            ),
            tr("Leave the key as it is: the rows under another one are new rows, and these go by op.delete_rows()"),
        )
    pairs = [word for column, value in values.items() for word in (column, Sql(value))]
    return Call("change_stated", table, Sql(where), _given(reason), pairs)


@operation
def delete_rows(table: str, *, where: str | Mapping[str, str], reason: str) -> Call:
    """Some rows are gone; they are kept, and come back on the way back.

    Args:
        table: Theirs.
        where: Which rows; ``true`` for all.
        reason: Why; it is kept with the rows.

    Raises:
        Refused: Where other rows refer to them.
    """
    return Call("delete_rows", table, Sql(where), _given(reason))


def _given(reason: str) -> str:
    if not (line := " ".join(reason.split())):
        raise UsageError(tr("rows are changed or deleted without a reason"), tr('Say why: reason="..."'))
    return line


# Enum types of PostgreSQL. SQLite has none: there a column's own operation folds its values to the labels.


@operation
def ensure_enum(enum: sa.Enum, transitional: bool = False) -> Call:
    """An enum type has exactly these labels, in this order, by RENAME VALUE and ADD VALUE where that will do.

    Args:
        enum: Its name and labels.
        transitional: True where a later revision settles the labels: then any type of this name will do.

    Raises:
        Refused: Where rows hold a value that is no label.
    """
    return Call("ensure_some_enum" if transitional else "ensure_enum", enum.name, list(enum.enums), on_sqlite=False)


@operation
def rename_label(enum: sa.Enum, old: str, new: str) -> Call:
    """A label has another word, and the rows that hold it follow; where both words are labels, nothing happens.

    SQLite has no types: there replace_values() gives the rows the other word, as it does where both are labels.
    """
    return Call("rename_label", enum.name, old, new, on_sqlite=False)


@operation
def drop_enum(*enums: sa.Enum) -> Iterator[Call]:
    """Enum types are gone, unless a column uses them."""
    for enum in enums:
        yield Call("drop_enum", enum.name, on_sqlite=False)


# Unique constraints and indexes.


@operation
def ensure_unique(table: str, *columns: str) -> Call:
    """Columns are unique together, by a constraint of PostgreSQL's own name.

    Raises:
        Refused: Where values occur twice.
    """
    return Call("ensure_unique", table, list(columns))


@operation
def try_add_unique(table: str, *columns: str) -> Call:
    """Columns are unique unless values occur twice, which it says: for what a later revision takes away."""
    return Call("try_add_unique", table, list(columns))


@operation
def ensure_no_unique(table: str, *columns: str) -> Call:
    """No constraint or index says that exactly these columns are unique."""
    return Call("ensure_no_unique", table, list(columns))


@operation
def ensure_index(name: str, table: str, *columns: str, unique: bool = False) -> Call:
    """An index of this name is on these columns, valid and whole; one that says the same is renamed.

    Raises:
        Refused: Where values of a unique one repeat.
    """
    return Call("ensure_index", table, name, unique, list(columns))


@operation
def ensure_no_index(name: str, table: str) -> Call:
    """No index of this name is on the table."""
    return Call("ensure_no_index", table, name)


# Triggers, and what scripts added.


@operation
def ensure_trigger(name: str, table: str, fires: str, body: str, sqlite: Mapping[str, str]) -> Call:
    """A trigger is there, enabled, and does what it should.

    Args:
        name: Of the trigger, and of its function, on PostgreSQL.
        table: Its table.
        fires: Such as BEFORE INSERT.
        body: Of the PL/pgSQL function.
        sqlite: The CREATE TRIGGER statements there, by name.
    """
    return Call("ensure_trigger", table, Trigger(name, sqlite, fires, body))


@operation
def ensure_no_trigger(name: str, table: str, *sqlite: str) -> Call:
    """A trigger and its function are gone; ``sqlite``, its names there."""
    return Call("ensure_no_trigger", table, Trigger(name, dict.fromkeys(sqlite, "")))


@operation
def drop_unmanaged(*tables: str) -> Call:
    """The schema's columns of these tables bear no index, constraint or trigger but its own; definitions are kept."""
    return Call("drop_unmanaged", list(tables))
