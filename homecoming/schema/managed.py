"""Which tables of an application's schema the operations can look after, and these as they take them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from homecoming.language import Message, tr
from homecoming.schema.dialects import NAMES
from homecoming.schema.words import refuse


def managed(metadata: sa.MetaData, unmanaged: Collection[str]) -> sa.MetaData:
    """Return a schema without what is unmanaged, with PostgreSQL's own name for every constraint that has none.

    Args:
        metadata: The application's tables, which stay as they are.
        unmanaged: Names of tables that are left alone, with what refers to them.

    Raises:
        UsageError: A table is of a kind that the operations do not know: which, why, and what to do.
    """
    tables = [table for table in metadata.sorted_tables if table.name not in unmanaged]
    refuse(
        lambda told: tr("the operations do not know tables such as {reasons}", reasons=told),
        [reason for table in tables if (reason := _unknown(table))],
        tr("Name them in the project: unmanaged=(...). They are left alone then; the other tables are looked after"),
    )
    if not unmanaged and metadata.naming_convention.keys() >= NAMES.keys():
        return metadata
    names: dict[str, Any] = {**NAMES, **dict(metadata.naming_convention)}
    copy = sa.MetaData(naming_convention=names)
    for table in tables:
        _without_references(table.to_metadata(copy), unmanaged)
    return copy


def _unknown(table: sa.Table) -> Message | None:
    """Return why the operations do not know a table, None where they do."""
    key = [column.name for column in table.primary_key.columns]
    if table.schema is not None:
        return tr("{table}, in a schema of its own", table=table.fullname)
    if not key:
        return tr("{table}, which has no key", table=table.name)
    if key != ["id"] or not isinstance(table.primary_key.columns["id"].type, sa.Integer):
        return tr(
            "{table}, whose rows are told by {columns} and not by a whole number id",
            table=table.name,
            columns=", ".join(key),
        )
    return None


def _without_references(table: sa.Table, unmanaged: Collection[str]) -> None:
    """Take from a table its references to what is unmanaged: SQLAlchemy resolves those that it has."""
    for constraint in [each for each in table.foreign_key_constraints if _refers_to(each) in unmanaged]:
        table.constraints.discard(constraint)
        for element in constraint.elements:
            table.foreign_keys.discard(element)
            element.parent.foreign_keys.discard(element)


def _refers_to(reference: sa.ForeignKeyConstraint) -> str:
    return reference.elements[0].target_fullname.rpartition(".")[0].rpartition(".")[2]
