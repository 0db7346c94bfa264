"""What migrations write for themselves: alembic_version, where it lies, and how it is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

# Tables that migrations write for themselves.
BOOKKEEPING = {"alembic_version", "migration_history"}


def version_schema(dialect_name: str) -> str | None:
    """Return the schema of alembic_version: named, since nothing of it is in the search_path."""
    return "public" if dialect_name == "postgresql" else None


def versions_of(connection: sa.Connection) -> MigrationContext:
    """Return Alembic's view of a database, for who only looks: ``get_current_heads()`` and the like."""
    return MigrationContext.configure(
        connection, opts={"version_table_schema": version_schema(connection.dialect.name)}
    )


def tables_of(connection: sa.Connection) -> set[str]:
    """Return the names of the application's tables, in schema public on PostgreSQL; not those of migrations."""
    return set(sa.inspect(connection).get_table_names(version_schema(connection.dialect.name))) - BOOKKEEPING
