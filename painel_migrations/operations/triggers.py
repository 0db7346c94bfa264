"""Triggers: a function and its trigger on PostgreSQL, one statement each on SQLite."""

from __future__ import annotations

from collections.abc import Mapping

from alembic.operations import Operations

from painel_migrations.operations.guarded import GuardedOperation


@Operations.register_operation("ensure_trigger")
class EnsureTriggerOp(GuardedOperation):
    """A trigger is there, enabled, and does what it should."""

    @classmethod
    def ensure_trigger(
        cls, operations: Operations, name: str, table: str, fires: str, body: str, sqlite: Mapping[str, str]
    ) -> None:
        """Make the trigger, or make it right.

        Arguments: ``fires``, such as BEFORE INSERT; ``body``, of the PL/pgSQL function, which bears the trigger's name;
        ``sqlite``, the CREATE TRIGGER statements there, by name.
        """
        operations.invoke(cls("ensure_trigger", [table, name, fires, body], [table, dict(sqlite)]))


@Operations.register_operation("ensure_no_trigger")
class EnsureNoTriggerOp(GuardedOperation):
    """A trigger and its function are gone."""

    @classmethod
    def ensure_no_trigger(cls, operations: Operations, name: str, table: str, *sqlite: str) -> None:
        """Drop the trigger; ``sqlite``, its names there."""
        operations.invoke(cls("ensure_no_trigger", [table, name], [table, list(sqlite)]))
