"""Columns and tables of the schema as operations take them: in no table, without what another operation says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem


def bare(
    column: sa.Column[Any], kind: sa.types.TypeEngine[Any] | None = None, nullable: bool | None = None
) -> sa.Column[Any]:
    """Return a column alone: type, default, nullability, reference. Arguments: ``kind``, ``nullable``: others."""
    return _copy(column, kind, nullable, whole=False)


def parts_of(table: sa.Table) -> Iterator[SchemaItem]:
    """Yield what ``op.ensure_table()`` takes: columns with the keys and indexes of their own, then keys of several."""
    single = {
        constraint.columns.keys()[0]
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint) and len(constraint.columns) == 1
    }
    for column in table.columns:
        copy = _copy(column, None, None, whole=True)
        copy.unique = copy.unique or (column.name in single and not column.index) or None
        yield copy
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        if isinstance(constraint, sa.UniqueConstraint) and len(constraint.columns) > 1:
            yield sa.UniqueConstraint(*constraint.columns.keys())


def names_of(constraint: sa.UniqueConstraint) -> list[str]:
    """Return the columns of a key, which may belong to no table yet."""
    return list(constraint.columns.keys()) or [str(name) for name in constraint._pending_colargs]


def plain_index(index: sa.Index) -> bool:
    """Whether an index is one that ``op.ensure_index()`` can make: columns as they are, every row, a B-tree."""
    # A predicate has no truth value of its own; what is left empty, such as `postgresql_include`, says nothing.
    said = index.dialect_kwargs.values()
    special = any(isinstance(value, sa.ClauseElement) or bool(value) for value in said)
    return not special and all(isinstance(expression, sa.Column) for expression in index.expressions)


def _copy(
    column: sa.Column[Any], kind: sa.types.TypeEngine[Any] | None, nullable: bool | None, whole: bool
) -> sa.Column[Any]:
    default = column.server_default
    return sa.Column(
        column.name,
        column.type if kind is None else kind,
        *(sa.ForeignKey(key.target_fullname) for key in column.foreign_keys),
        primary_key=column.primary_key,
        nullable=(column.nullable if nullable is None else nullable) and not column.primary_key,
        index=column.index if whole else None,
        unique=column.unique if whole else None,
        server_default=getattr(default, "arg", None),
    )
