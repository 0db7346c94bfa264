"""Whole tables: there as described, under the right name, or gone where nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import Operations
from sqlalchemy.schema import SchemaItem

from painel_migrations.operations.describe import items, listed
from painel_migrations.operations.guarded import GuardedOperation


@Operations.register_operation("ensure_table")
class EnsureTableOp(GuardedOperation):
    """A table exists, with at least these columns, keys and indexes, each exactly as described."""

    @classmethod
    def ensure_table(
        cls,
        operations: Operations,
        table: str,
        *parts: SchemaItem,
        passing: Sequence[SchemaItem] = (),
        unless: str = "",
    ) -> None:
        """Make the table, or what it lacks.

        Arguments: ``parts``, columns and unique constraints; ``passing``, those that hold only until a later
        revision changes
        them: they are made with the table, and left alone where it exists; ``unless``, a table that took this
        one's place.
        Errors: Refused where rows do not fit.
        """
        described = listed([*items(parts), *(f"passing {item}" for item in items(passing))])
        name = "ensure_table_unless" if unless else "ensure_table"
        before = [unless] if unless else []
        operations.invoke(cls(name, [*before, table, described], [*before, table, list(parts), list(passing)]))


@Operations.register_operation("ensure_renamed")
class EnsureRenamedOp(GuardedOperation):
    """A table bears its new name; where both exist the rows move over and the old one is retired."""

    @classmethod
    def ensure_renamed(cls, operations: Operations, old: str, new: str, required: Sequence[str] = ()) -> None:
        """Rename ``old`` to ``new``, or move its rows there.

        Arguments: ``required``, columns the new table demands: rows without a value there are retired whole.
        """
        operations.invoke(cls("rename_table", [old, new, *required], [old, new, list(required)]))


@Operations.register_operation("restore_renamed")
class RestoreRenamedOp(GuardedOperation):
    """A table that was renamed, or that gave its rows to another, is as it was."""

    @classmethod
    def restore_renamed(cls, operations: Operations, old: str, new: str) -> None:
        """Undo ensure_renamed(): bring ``old`` back if it was retired, else rename ``new`` to it."""
        operations.invoke(cls("restore_renamed", [old, new], [old, new]))


@Operations.register_operation("drop_table_unless_rows")
class DropTableUnlessRowsOp(GuardedOperation):
    """A table is gone, unless it holds rows or something refers to it."""

    @classmethod
    def drop_table_unless_rows(cls, operations: Operations, table: str) -> None:
        """Drop an empty table; one with rows stays, since the way back loses nothing."""
        operations.invoke(cls("drop_table_unless_rows", [table], [table]))
