"""What the history made, in SQLAlchemy's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from homecoming.catalog import Catalogue, Fact
from homecoming.operations.recorded import Past
from homecoming.schema.parts import bare


class Former:
    """The tables as the history made them.

    Arguments: ``past``, what the revisions said; ``catalogues``, what they made, PostgreSQL's first where there is one;
    ``connection``, to where the first of these is.
    """

    def __init__(self, past: Past, catalogues: Sequence[Catalogue], connection: sa.Connection) -> None:
        self.past = past
        self._catalogues = catalogues
        self._connection = connection

    def has(self, table: str, column: str) -> bool:
        """Whether the history made this column."""
        return ("column", f"{table}.{column}") in self._catalogues[0]

    def column(self, table: str, name: str) -> sa.Column[Any]:
        """Return a column as its revision spells it; as it was found where plain Alembic made it, or nobody said."""
        if table not in self.past.plain and (said := self.past.columns.get((table, name))) is not None:
            found = bare(said)
            # The labels of today, not of the revision that made the column.
            if isinstance(found.type, sa.Enum) and (labels := self.past.labels.get(str(found.type.name))):
                found.type = sa.Enum(*labels, name=found.type.name)
            return found
        return bare(self._reflected(table).columns[name])

    def parts(self, old: str, new: str) -> Iterator[SchemaItem]:
        """Yield the columns, keys and indexes of a table, for its name of today."""
        order = [name for of, name in self.past.columns if of == old]
        columns = sorted(self._columns_of(old), key=lambda name: order.index(name) if name in order else len(order))
        uniques = [fact.columns for fact in self._facts("unique", old)]
        indexes = {fact.own_name: fact.definition.startswith("UNIQUE") for fact in self._facts("index", old)}
        for name in columns:
            column = self.column(old, name)
            own = f"ix_{old}_{name}"
            column.index = own in indexes or None
            column.unique = ((name,) in uniques if not column.index else indexes[own]) or None
            if old != new:
                column = self._turned(column, old, new)
            yield column
        for several in sorted(columns for columns in uniques if len(columns) > 1):
            yield sa.UniqueConstraint(*several)

    def _turned(self, column: sa.Column[Any], old: str, new: str) -> sa.Column[Any]:
        """Return a column that refers to the table's new name where it referred to its old one."""
        if all(key.target_fullname.split(".")[0] != old for key in column.foreign_keys):
            return column
        turned = bare(column)
        turned = sa.Column(turned.name, turned.type, sa.ForeignKey(f"{new}.id"), nullable=turned.nullable)
        turned.index, turned.unique = column.index, column.unique
        return turned

    def index(self, table: str, name: str) -> Fact | None:
        """Return an index of the history by its name."""
        return next((fact for fact in self._facts("index", table) if fact.own_name == name), None)

    def children_first(self, tables: Iterable[str]) -> list[str]:
        """Return tables so that none comes before one that refers to it."""
        left, ordered = sorted(tables), list[str]()
        while left:
            free = [name for name in left if not any(name in self._targets(other) for other in left if other != name)]
            # A circle has no first one.
            ordered += free or left
            left = [name for name in left if name not in ordered]
        return ordered

    def _targets(self, table: str) -> set[str]:
        return {
            key.target_fullname.split(".")[0]
            for name in self._columns_of(table)
            for key in self.column(table, name).foreign_keys
        }

    def _columns_of(self, table: str) -> list[str]:
        return [fact.columns[0] for fact in self._facts("column", table)]

    def _facts(self, kind: str, table: str) -> list[Fact]:
        return [fact for fact in self._catalogues[0].values() if fact.kind == kind and fact.table == table]

    @cached_property
    def _metadata(self) -> sa.MetaData:
        return sa.MetaData()

    def _reflected(self, name: str) -> sa.Table:
        """Return a table as the database shows it, in types of no dialect."""
        schema = "public" if self._connection.dialect.name == "postgresql" else None
        table = sa.Table(name, self._metadata, autoload_with=self._connection, schema=schema, resolve_fks=False)
        for column in table.columns:
            column.type = _generic(column.type)
            if isinstance(column.type, sa.Enum):
                column.type.schema = None
        return table


def _generic(kind: sa.types.TypeEngine[Any]) -> sa.types.TypeEngine[Any]:
    if isinstance(kind, sa.Enum):
        return sa.Enum(*kind.enums, name=kind.name)
    try:
        return kind.as_generic()
    except NotImplementedError:
        return kind
