"""Columns: there as described, of one name, tightened where rows allow it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from painel_migrations.operations.describe import described
from painel_migrations.operations.guarded import GuardedOperation


@Operations.register_operation("ensure_column")
class EnsureColumnOp(GuardedOperation):
    """A column exists with this type, default, nullability and reference; values are converted without loss."""

    @classmethod
    def ensure_column(cls, operations: Operations, table: str, column: sa.Column[Any]) -> None:
        """Add the column, or change what differs.

        Errors: Refused where a row has no value, or one that does not fit or refers to nothing.
        """
        operations.invoke(cls("ensure_column", [table, described(column)], [table, column]))


@Operations.register_operation("passing_column")
class PassingColumnOp(GuardedOperation):
    """A column that a later revision takes away: a table without rows gets it, one with rows has it or is past it."""

    @classmethod
    def passing_column(cls, operations: Operations, table: str, column: sa.Column[Any]) -> None:
        """Add the column to a table that is empty and lacks it."""
        operations.invoke(cls("passing_column", [table, described(column)], [table, column]))


@Operations.register_operation("tighten_column")
class TightenColumnOp(GuardedOperation):
    """A column is NOT NULL unless rows are NULL: for the way back, which must not fail."""

    @classmethod
    def tighten_column(cls, operations: Operations, table: str, column: str) -> None:
        """Set NOT NULL where no row is NULL; say so where one is."""
        operations.invoke(cls("tighten_column", [table, column], [table, column]))


@Operations.register_operation("fold_column")
class FoldColumnOp(GuardedOperation):
    """Two names for one column become one."""

    @classmethod
    def fold_column(cls, operations: Operations, table: str, old: str, into: str) -> None:
        """Rename ``old`` to ``into``; where both exist ``into`` wins, its gaps are filled, and ``old`` is retired."""
        operations.invoke(cls("fold_column", [table, old, into], [table, old, into]))
