"""What is refused before the first change: another application's database, a revision this history does not know."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from painel_migrations.errors import Refused
from painel_migrations.schema import metadata

# Tables that migrations write for themselves.
BOOKKEEPING = {"alembic_version", "migration_history"}

# Tables of the application that head no longer has.
FORMER_TABLES = {"produtos_categorias"}


def refuse_foreign_database(connection: sa.Connection, migration: MigrationContext, script: ScriptDirectory) -> None:
    """Refuse a database that is not this application's, or that is at a revision this history does not know."""
    known = {revision.revision for revision in script.walk_revisions()}
    at = migration.get_current_heads()
    for revision in at:
        if revision not in known:
            raise Refused(
                f"the database is at revision {revision!r}, which this history does not know",
                "It may be newer than this copy: update this repository, or correct DATABASE_URL",
            )
    if not at:
        tables = {name for name in sa.inspect(connection).get_table_names() if name not in BOOKKEEPING}
        if tables and not tables & (set(metadata.tables) | FORMER_TABLES):
            raise Refused(
                f"the database has {len(tables)} table{'s' if len(tables) > 1 else ''}, and none of this application's",
                "Correct DATABASE_URL; an empty database will do",
            )
