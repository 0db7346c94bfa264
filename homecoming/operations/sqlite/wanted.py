"""What a revision asks for, from SQLAlchemy's columns, constraints and indexes to SQLite's."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateTable, SchemaItem

from homecoming.operations.sqlite.table import Column, Constraint, Table, foreign_key, primary_key, unique
from homecoming.operations.sqlite.text import key

_DIALECT = sqlite.dialect()
# A compiler wants a statement, though none is compiled.
_ANY = CreateTable(sa.Table("any", sa.MetaData()))


class WantedIndex(NamedTuple):
    """An index on plain columns."""

    name: str
    columns: tuple[str, ...]
    unique: bool


@dataclasses.dataclass(frozen=True)
class Wanted:
    """What is asked for of a table. Arguments: ``enums``, by column."""

    table: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    uniques: tuple[Constraint, ...]
    foreign_keys: tuple[Constraint, ...]
    indexes: tuple[WantedIndex, ...]
    enums: dict[str, sa.Enum]

    def as_table(self) -> Table:
        """Return the table as it is to be created."""
        keys = (primary_key(self.primary_key),) if self.primary_key else ()
        return Table(self.table, self.columns, (*keys, *self.uniques, *self.foreign_keys))

    def enum_of(self, column: str) -> sa.Enum | None:
        """Return the enum of a column, if it has one."""
        return next((enum for name, enum in self.enums.items() if key(name) == key(column)), None)


def wanted(table: str, items: Iterable[SchemaItem]) -> Wanted:
    """Return what columns, unique constraints and indexes, in no table yet, ask for.

    Errors: TypeError, for an item of another kind.
    """
    columns: list[sa.Column[Any]] = []
    uniques: list[Constraint] = []
    indexes: list[WantedIndex] = []
    for item in items:
        if isinstance(item, sa.Column):
            columns.append(item)
            if item.index:
                indexes.append(WantedIndex(f"ix_{table}_{item.name}", (item.name,), bool(item.unique)))
            elif item.unique:
                uniques.append(unique([item.name]))
        elif isinstance(item, sa.UniqueConstraint):
            uniques.append(unique(_names(item)))
        elif isinstance(item, sa.Index):
            indexes.append(WantedIndex(str(item.name), _names(item), item.unique))
        else:
            raise TypeError(f"no operation knows a {type(item).__name__}")
    return Wanted(
        table,
        tuple(_column(column) for column in columns),
        tuple(column.name for column in columns if column.primary_key),
        tuple(uniques),
        tuple(_reference(column, key) for column in columns for key in column.foreign_keys),
        tuple(indexes),
        {column.name: column.type for column in columns if isinstance(column.type, sa.Enum)},
    )


def _column(column: sa.Column[Any]) -> Column:
    not_null = "" if column.nullable else "NOT NULL"
    return Column(column.name, column.type.compile(_DIALECT), _default(column), not_null)


def _default(column: sa.Column[Any]) -> str | None:
    """Return the default as SQLAlchemy's CREATE TABLE has it: in parentheses, if it is neither a literal nor a word."""
    spelled = _DIALECT.ddl_compiler(_DIALECT, _ANY).get_column_default_string(column)
    if spelled is None or re.match(r"\s*['\"(]", spelled) or not re.search(r"\W", spelled):
        return spelled
    return f"({spelled})"


def _reference(column: sa.Column[Any], key: sa.ForeignKey) -> Constraint:
    target, _, there = key.target_fullname.rpartition(".")
    actions = [f"ON UPDATE {key.onupdate}"] if key.onupdate else []
    actions += [f"ON DELETE {key.ondelete}"] if key.ondelete else []
    return foreign_key([column.name], target, [there], " ".join(actions))


def _names(item: sa.UniqueConstraint | sa.Index) -> tuple[str, ...]:
    # SQLAlchemy resolves names to columns only once there is a table.
    pending: Sequence[Any] = item._pending_colargs
    return tuple(str(getattr(part, "name", part)) for part in pending) or tuple(item.columns.keys())
