"""What migrations write for themselves: alembic_version, where it lies, and how it is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from homecoming.catalog.verdict import impostors
from homecoming.errors import Refused
from homecoming.language import tr
from homecoming.sql_texts import ServerMessage

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


def refuse_impostors(connection: sa.Connection) -> None:
    """Refuse where something bears a name of ours that another role made, or that runs another's code when used.

    Errors: Refused, with what it is, whose, and what to do.
    """
    if connection.dialect.name == "postgresql":
        for what, todo, _ in connection.exec_driver_sql(impostors(), execution_options={"no_parameters": True}):
            raise Refused(ServerMessage(what), ServerMessage(todo))


def make_way(connection: sa.Connection, name: str) -> str:
    """Return what frees a name that is taken: on SQLite only a table can be renamed.

    Args:
        connection: to the database.
        name: of a table of ours, which needs no quotes.
    """
    if connection.dialect.name == "sqlite":
        from homecoming.operations.sqlite.live import kind_of

        if (kind := kind_of(connection, name)) not in ("", "table"):
            return tr(
                "Drop it, make it anew under another name, then run again: DROP {kind} {name}",
                kind=kind.upper(),
                name=name,
            )
    return tr("Rename it, then run again: ALTER TABLE {name} RENAME TO ...", name=name)
