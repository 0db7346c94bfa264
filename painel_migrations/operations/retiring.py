"""Retiring: out of the application's way, kept with types and keys, and brought back by the downgrade."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations

from painel_migrations.operations.describe import described
from painel_migrations.operations.guarded import GuardedOperation
from painel_migrations.operations.leftover_copies import ENDINGS, natural_keys
from painel_migrations.schema import TRIGGERS, metadata


@Operations.register_operation("retire_column")
class RetireColumnOp(GuardedOperation):
    """A column is gone from its table; its cells are kept. One that holds no value at all is dropped."""

    @classmethod
    def retire_column(cls, operations: Operations, table: str, column: str) -> None:
        """Keep the column's cells by id in ``<table>__<column>`` among the retired, then drop it."""
        operations.invoke(cls("retire_column", [table, column], [table, column]))


@Operations.register_operation("restore_column")
class RestoreColumnOp(GuardedOperation):
    """A retired column is back with its cells."""

    @classmethod
    def restore_column(cls, operations: Operations, table: str, column: sa.Column[Any], if_kept: bool = False) -> None:
        """Add the column and give it the cells that were kept.

        Arguments: ``if_kept``, true where the column is to come back only if something of it was kept.
        """
        name = "restore_column_if_kept" if if_kept else "restore_column"
        operations.invoke(cls(name, [table, described(column)], [table, column]))


@Operations.register_operation("retire_leftovers")
class RetireLeftoversOp(GuardedOperation):
    """No copy that a script left is in the application's way."""

    @classmethod
    def retire_leftovers(cls, operations: Operations, *tables: str) -> None:
        """Bring rows back from each table's copies, turn round the keys that refer to them, and retire them.

        A reference to a row that has another id by now follows its natural key.

        Arguments: ``tables``, every table there ever was, those that are referred to first.
        Errors: Refused where a key refers to a row that is nowhere.
        """
        operations.invoke(cls("retire_leftovers", [ENDINGS, *_with_keys(tables)], [list(tables)]))


def _with_keys(tables: Iterable[str]) -> list[str]:
    """Spell each table with its natural keys: `usuarios cpf email`; a key of several columns has commas between."""
    return [" ".join([table, *map(",".join, natural_keys(table))]) for table in tables]


@Operations.register_operation("restore_leftovers")
class RestoreLeftoversOp(GuardedOperation):
    """The copies are back under their names."""

    @classmethod
    def restore_leftovers(cls, operations: Operations) -> None:
        """Bring back every table that was retired whole, and the references to it."""
        operations.invoke(cls("restore_leftovers", _with_keys(filter(natural_keys, sorted(metadata.tables))), []))


@Operations.register_operation("restore_table")
class RestoreTableOp(GuardedOperation):
    """A table that was retired whole is back, if it was."""

    @classmethod
    def restore_table(cls, operations: Operations, table: str) -> None:
        """Bring back the table with its rows."""
        operations.invoke(cls("restore_table", [table], [table]))


@Operations.register_operation("drop_strays")
class DropStraysOp(GuardedOperation):
    """A table's known columns bear no index, constraint or trigger but those named."""

    @classmethod
    def drop_strays(cls, operations: Operations, table: str, columns: str, keep: str) -> None:
        """Drop what is not to be kept, and keep its definition.

        Arguments: ``columns``, the known ones, and ``keep``, names of indexes, constraints and triggers, both as words.
        """
        names = keep.split()
        elsewhere = {trigger.name for trigger in TRIGGERS["sqlite"]} - {
            trigger.name for trigger in TRIGGERS["postgresql"]
        }
        here = [name for name in names if name not in elsewhere]
        operations.invoke(cls("drop_strays", [table, columns.split(), here], [table, columns.split(), names]))


@Operations.register_operation("restore_strays")
class RestoreStraysOp(GuardedOperation):
    """What drop_strays() took is back, as far as it fits."""

    @classmethod
    def restore_strays(cls, operations: Operations, *tables: str) -> None:
        """Make again what was dropped."""
        for table in tables:
            operations.invoke(cls("restore_strays", [table], [table]))
