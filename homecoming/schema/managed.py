"""Which tables of an application's schema the operations can look after, and these as they take them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from homecoming.errors import UsageError
from homecoming.schema.dialects import NAMES

_SHOWN = 3


def managed(metadata: sa.MetaData, unmanaged: Collection[str]) -> sa.MetaData:
    """Return a schema without what is unmanaged, with PostgreSQL's own name for every constraint that has none.

    Args:
        metadata: The application's tables, which stay as they are.
        unmanaged: Names of tables that are left alone, with what refers to them.

    Raises:
        UsageError: A table is of a kind that the operations do not know: which, why, and what to do.
    """
    tables = [table for table in metadata.sorted_tables if table.name not in unmanaged]
    if reasons := [reason for table in tables if (reason := _unknown(table))]:
        more = f"; {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
        raise UsageError(
            f"the operations do not know tables such as {'; '.join(reasons[:_SHOWN])}{more}",
            "Name them in the project: unmanaged=(...). They are left alone then; the other tables are looked after",
        )
    if not unmanaged and metadata.naming_convention.keys() >= NAMES.keys():
        return metadata
    names: dict[str, Any] = {**NAMES, **dict(metadata.naming_convention)}
    copy = sa.MetaData(naming_convention=names)
    for table in tables:
        if any(_refers_to(reference) in unmanaged for reference in table.foreign_key_constraints):
            _without_references(table, copy, unmanaged)
        else:
            table.to_metadata(copy)
    return copy


def _unknown(table: sa.Table) -> str | None:
    """Return why the operations do not know a table, None where they do."""
    key = [column.name for column in table.primary_key.columns]
    if table.schema is not None:
        return f"{table.fullname}, in a schema of its own"
    if not key:
        return f"{table.name}, which has no key"
    if key != ["id"] or not isinstance(table.primary_key.columns["id"].type, sa.Integer):
        return f"{table.name}, whose rows are told by {', '.join(key)} and not by a whole number id"
    return None


def _without_references(table: sa.Table, metadata: sa.MetaData, unmanaged: Collection[str]) -> None:
    """Copy a table without its references to what is unmanaged: SQLAlchemy resolves those that it has."""
    made = sa.Table(
        table.name, metadata, *(_column(column, unmanaged) for column in table.columns), comment=table.comment
    )
    for constraint in table.constraints:
        names = list(constraint.columns.keys()) if isinstance(constraint, sa.UniqueConstraint) else []
        if len(names) > 1 or (names and not table.columns[names[0]].unique):
            made.append_constraint(sa.UniqueConstraint(*names, name=constraint.name))
        elif isinstance(constraint, sa.CheckConstraint):
            made.append_constraint(sa.CheckConstraint(str(constraint.sqltext), name=constraint.name))
    for index in table.indexes:
        names = [str(getattr(expression, "name", expression)) for expression in index.expressions]
        if len(names) > 1 or not table.columns[names[0]].index:
            sa.Index(index.name, *(made.columns[name] for name in names), unique=index.unique, **index.dialect_kwargs)


def _column(column: sa.Column[Any], unmanaged: Collection[str]) -> sa.Column[Any]:
    references = [key for key in column.foreign_keys if _refers_to(key.constraint) not in unmanaged]
    return sa.Column(
        column.name,
        column.type,
        *(sa.ForeignKey(key.target_fullname, ondelete=key.ondelete, onupdate=key.onupdate) for key in references),
        primary_key=column.primary_key,
        nullable=column.nullable,
        index=column.index,
        unique=column.unique,
        server_default=getattr(column.server_default, "arg", None),
        comment=column.comment,
        info=dict(column.info),
    )


def _refers_to(reference: sa.ForeignKeyConstraint | None) -> str:
    return "" if reference is None else reference.elements[0].target_fullname.rpartition(".")[0].rpartition(".")[2]
