"""Columns, keys and indexes of SQLAlchemy in the words of the PostgreSQL helpers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

from homecoming.schema.defaults import spelled_default

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def described(column: sa.Column[object]) -> str:
    """A column as the helpers read it: ``nome varchar(255) not null``, ``empresa_id integer references empresas``."""
    words = [column.name, _spelled(column)]
    if column.server_default is not None:
        words.append(f"default {spelled_default(column, 'public.')}")
    if not column.nullable and not column.primary_key:
        words.append("not null")
    for key in column.foreign_keys:
        words.append(f"references {key.target_fullname.split('.')[0]}")
    return " ".join(words)


class Items(tuple[SchemaItem, ...]):
    """The columns, keys and indexes of a table.

    Args:
        parts: Those that it is to have.
        transitional: Those that hold only until a later revision changes them.
    """

    transitional: tuple[SchemaItem, ...]

    def __new__(cls, parts: Iterable[SchemaItem], transitional: Iterable[SchemaItem] = ()) -> Items:
        """Hold both."""
        made = super().__new__(cls, parts)
        made.transitional = tuple(transitional)
        return made

    def described(self) -> list[str]:
        """Return all of them in the words of the helpers."""
        return [*items(self), *(f"transitional {item}" for item in items(self.transitional))]


@dataclass(frozen=True)
class Trigger:
    """A trigger: a function of the same name and what fires it on PostgreSQL, statements of their own on SQLite.

    Args:
        name: Of both on PostgreSQL.
        sqlite: The CREATE TRIGGER statements there, by name; where it is to go, the names are enough.
        fires: Such as BEFORE INSERT.
        body: Of the PL/pgSQL function; empty where the trigger is to go.
    """

    name: str
    sqlite: Mapping[str, str]
    fires: str = ""
    body: str = ""


def items(parts: Iterable[SchemaItem]) -> Iterator[str]:
    """The items of a table: each column, then its keys and indexes, columns that a foreign key needs first."""
    extras: list[str] = []
    for part in parts:
        if isinstance(part, sa.Column):
            yield described(part)
            if part.index:
                extras.append(f"{'unique ' if part.unique else ''}index ({part.name})")
            elif part.unique:
                extras.append(f"unique ({part.name})")
        elif isinstance(part, sa.UniqueConstraint):
            extras.append(f"unique ({', '.join(str(name) for name in part._pending_colargs)})")
        else:
            raise TypeError(f"no helper knows a {type(part).__name__}")
    yield from extras


# What most items have, as one sign: the lists of tables are half of what revisions say.
_SIGNS = ((" not null", "!"), (" default ", "="), (" references ", " -> "))


def listed(described: Iterable[str]) -> str:
    """Return the items of a table as one text, a line each, as ``pg_temp.ensure_table`` reads it.

    Raises:
        ValueError: an item holds what stands for something else there.
    """
    lines = [""]
    for item in described:
        if re.search(r"[!=\n\r]|->", item):
            raise ValueError(f"the list of a table cannot carry {item!r}")
        for words, sign in _SIGNS:
            item = item.replace(words, sign)
        lines.append(item)
    return "\n".join(lines)


def _spelled(column: sa.Column[object]) -> str:
    if column.primary_key:
        return "serial"
    if isinstance(column.type, sa.Enum):
        return str(column.type.name)
    if isinstance(column.type, sa.DateTime):
        return "timestamptz"
    return column.type.compile(_DIALECT).lower().replace(", ", ",")
