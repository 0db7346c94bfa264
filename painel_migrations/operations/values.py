"""Values that change by a stated rule, and come back."""

from __future__ import annotations

from collections.abc import Mapping

from alembic.operations import Operations

from painel_migrations.operations.guarded import GuardedOperation


@Operations.register_operation("replace_values")
class ReplaceValuesOp(GuardedOperation):
    """Named values of a column become others; the originals are kept with their row's key."""

    @classmethod
    def replace_values(cls, operations: Operations, table: str, column: str, pairs: Mapping[str, str]) -> None:
        """Give every row whose value is a key of ``pairs``, but for case and outer blanks, the value beside it."""
        flat = [word for pair in pairs.items() for word in pair]
        operations.invoke(cls("replace_values", [table, column, *flat], [table, column, dict(pairs)]))


@Operations.register_operation("restore_values")
class RestoreValuesOp(GuardedOperation):
    """Values that were replaced are back."""

    @classmethod
    def restore_values(
        cls, operations: Operations, table: str, column: str, pairs: Mapping[str, str] | None = None
    ) -> None:
        """Give the rows the values that were kept.

        Arguments: ``pairs``, those of ``replace_values``: a row that no longer holds its replacement keeps what it has.
        """
        flat = [word for pair in (pairs or {}).items() for word in pair]
        operations.invoke(cls("restore_values", [table, column, *flat], [table, column, dict(pairs or {})]))
