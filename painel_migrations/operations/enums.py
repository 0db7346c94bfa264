"""Enum types of PostgreSQL. SQLite has none: there a column's own operation folds its values to the labels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.operations import Operations

from painel_migrations.operations.guarded import GuardedOperation


@Operations.register_operation("ensure_enum")
class EnsureEnumOp(GuardedOperation):
    """An enum type has exactly these labels, in this order."""

    @classmethod
    def ensure_enum(cls, operations: Operations, enum: sa.Enum, passing: bool = False) -> None:
        """Create the type, or bring it to these labels: by RENAME VALUE and ADD VALUE where that will do, else rebuilt.

        Arguments: ``passing``, true where a later revision settles the labels: then any type of this name will do.
        Errors: Refused where rows hold a value that is no label.
        """
        operations.invoke(cls("ensure_some_enum" if passing else "ensure_enum", [enum.name, *enum.enums], None))


@Operations.register_operation("drop_enum")
class DropEnumOp(GuardedOperation):
    """An enum type is gone, unless a column uses it."""

    @classmethod
    def drop_enum(cls, operations: Operations, *enums: sa.Enum) -> None:
        """Drop the types that nothing uses."""
        for enum in enums:
            operations.invoke(cls("drop_enum", [enum.name], None))
