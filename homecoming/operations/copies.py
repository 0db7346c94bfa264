"""What a leftover copy of a table is called, what makes two tables alike, and what tells a row whatever its id."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cache

import sqlalchemy as sa

from homecoming.project import project

# How the scripts' names for copies go on after the table's. A regular expression on every dialect.
ENDINGS = "old|new|temp|tmp|backup|bkp|copy|copia|antigo|antiga"


def is_named_after(copy: str, table: str) -> bool:
    """Whether a name is one that scripts gave to copies of a table. Both in lower case."""
    return copy == f"_alembic_tmp_{table}" or re.match(f"{re.escape(table)}_({ENDINGS})(_|$)", copy) is not None


def is_like(copy: Collection[str], table: Collection[str]) -> bool:
    """Whether a table with the columns ``copy`` can be a copy of one with the columns ``table``.

    That is where it has an id, and half of the other columns of the smaller one are columns of both. All in lower case.
    """
    own, others = set(copy) - {"id"}, set(table) - {"id"}
    return "id" in copy and len(own & others) >= max(1, min(len(own), len(others)) / 2)


def is_ours(table: str, columns: Collection[str]) -> bool:
    """Whether a table is a copy of one that the schema has, by its name and its columns. All in lower case."""
    return any(
        is_named_after(table, known.name) and is_like(columns, {column.name for column in known.columns})
        for known in project().metadata.tables.values()
    )


@cache
def natural_keys(table: str) -> tuple[tuple[str, ...], ...]:
    """Return the columns, one or several together, whose values tell a row of a table whatever its id: cpf, cnpj, ...

    They are those that the schema has UNIQUE, one by one, and what was until the copies were made.
    """
    known = project().metadata.tables.get(table)
    if known is None:
        return ()
    unique = [constraint.columns for constraint in known.constraints if isinstance(constraint, sa.UniqueConstraint)]
    unique += [index.columns for index in known.indexes if index.unique]
    alone = {column.name for columns in unique if len(columns) == 1 for column in columns if not column.foreign_keys}
    return (*((name,) for name in sorted(alone)), *project().former.keys.get(table, ()))


class Keyed(tuple[str, ...]):
    """Tables, with what tells their rows: PostgreSQL is told it, SQLite asks for it."""

    def words(self) -> list[str]:
        """Return each table with its natural keys: `usuarios cpf email`; commas join the columns of one key."""
        return [" ".join([table, *map(",".join, natural_keys(table))]) for table in self]


class WithCopies(Keyed):
    """Tables whose leftover copies are looked for: PostgreSQL is told what these are called as well."""

    def words(self) -> list[str]:
        """Return how the names of copies end, then the tables."""
        return [ENDINGS, *super().words()]
