"""Unique constraints and indexes."""

from __future__ import annotations

from alembic.operations import Operations

from painel_migrations.operations.guarded import GuardedOperation


@Operations.register_operation("ensure_unique")
class EnsureUniqueOp(GuardedOperation):
    """Columns are unique together, by a constraint of PostgreSQL's own name."""

    @classmethod
    def ensure_unique(cls, operations: Operations, table: str, *columns: str) -> None:
        """Add the constraint, or give it its name. Errors: Refused where values occur twice."""
        operations.invoke(cls("ensure_unique", [table, *columns], [table, list(columns)]))


@Operations.register_operation("tighten_unique")
class TightenUniqueOp(GuardedOperation):
    """Columns are unique unless values occur twice: for the way back, which must not fail."""

    @classmethod
    def tighten_unique(cls, operations: Operations, table: str, *columns: str) -> None:
        """Add the constraint where no value occurs twice; say so where one does."""
        operations.invoke(cls("tighten_unique", [table, *columns], [table, list(columns)]))


@Operations.register_operation("ensure_no_unique")
class EnsureNoUniqueOp(GuardedOperation):
    """No constraint or index says that the columns are unique."""

    @classmethod
    def ensure_no_unique(cls, operations: Operations, table: str, *columns: str) -> None:
        """Drop what makes exactly these columns unique."""
        operations.invoke(cls("ensure_no_unique", [table, *columns], [table, list(columns)]))


@Operations.register_operation("ensure_index")
class EnsureIndexOp(GuardedOperation):
    """An index of this name is on these columns, valid and whole."""

    @classmethod
    def ensure_index(cls, operations: Operations, name: str, table: str, *columns: str, unique: bool = False) -> None:
        """Make the index, or rename one that says the same. Errors: Refused where values of a unique one repeat."""
        operations.invoke(cls("ensure_index", [table, name, unique, *columns], [name, table, list(columns), unique]))


@Operations.register_operation("ensure_no_index")
class EnsureNoIndexOp(GuardedOperation):
    """No index of this name is on the table."""

    @classmethod
    def ensure_no_index(cls, operations: Operations, name: str, table: str) -> None:
        """Drop the index if it is there."""
        operations.invoke(cls("ensure_no_index", [table, name], [name, table]))
