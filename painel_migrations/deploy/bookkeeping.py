"""What migrations write for themselves: alembic_version, where it lies, and how it is read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from painel_migrations.errors import Refused
from painel_migrations.operations.sqlite.live import kind_of

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


# Of what bears a name of ours: what about it is not ours. Its owner has to be one whose code may run with our rights
# anyhow: this role, one that it is a member of, a superuser, the owner of the database or of the application's users. A
# superuser has the rights of every role, which says nothing. Nothing of it is read before, nor run.
_IMPOSTORS = """
WITH trusted AS (
    SELECT r.oid FROM pg_roles r WHERE r.rolsuper OR r.rolname = current_user
        OR pg_has_role(r.oid, 'USAGE') AND NOT (SELECT u.rolsuper FROM pg_roles u WHERE u.rolname = current_user)
    UNION SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()
    UNION SELECT c.relowner FROM pg_class c WHERE c.relnamespace = to_regnamespace('public') AND c.relname = 'usuarios'
)
SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner), concat_ws(', ',
    CASE WHEN c.relowner NOT IN (SELECT oid FROM trusted) THEN 'belongs to ' || quote_ident(r.rolname) END,
    (SELECT 'has the trigger ' || min(quote_ident(t.tgname)) FROM pg_trigger t
     WHERE t.tgrelid = c.oid AND NOT t.tgisinternal AND NOT (t.tgname = 'migration_history_only_grows'
         AND c.relname = 'migration_history' AND EXISTS (SELECT FROM pg_proc p WHERE p.oid = t.tgfoid
             AND p.proname = 'migration_history_only_grows' AND p.pronamespace = to_regnamespace('public')
             AND p.proowner = c.relowner)) HAVING count(*) > 0),
    (SELECT 'has the rule ' || min(quote_ident(w.rulename)) FROM pg_rewrite w
     WHERE w.ev_class = c.oid AND w.rulename <> '_RETURN' HAVING count(*) > 0))
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (n.nspname = 'public' AND c.relname IN ('alembic_version', 'migration_history')
       OR n.nspname = 'retired' AND c.relname = 'register')
UNION ALL
SELECT '', n.nspname, pg_get_userbyid(n.nspowner), 'belongs to ' || quote_ident(r.rolname)
FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
WHERE n.nspname = 'retired' AND n.nspowner NOT IN (SELECT oid FROM trusted)
"""


def refuse_impostors(connection: sa.Connection) -> None:
    """Refuse where something bears a name of ours that another role made, or that runs another's code when used.

    Errors: Refused, with what it is, whose, and what to do.
    """
    if connection.dialect.name != "postgresql":
        return
    rows = connection.exec_driver_sql(_IMPOSTORS, execution_options={"no_parameters": True})
    for schema, name, owner, why in rows:
        if why:
            shown = name if schema == "public" else f"{schema}.{name}" if schema else f"schema {name}"
            kind = "TABLE" if schema else "SCHEMA"
            raise Refused(
                f"{shown} is not this project's: it {why}",
                f"As {owner}, look at it, then give it another name: "
                f"ALTER {kind} {shown.removeprefix('schema ')} RENAME TO ...",
            )


def make_way(connection: sa.Connection, name: str) -> str:
    """Return what frees a name that is taken: on SQLite only a table can be renamed.

    Args:
        connection: to the database.
        name: of a table of ours, which needs no quotes.
    """
    if connection.dialect.name == "sqlite" and (kind := kind_of(connection, name)) not in ("", "table"):
        return f"Drop it, make it anew under another name, then run again: DROP {kind.upper()} {name}"
    return f"Rename it, then run again: ALTER TABLE {name} RENAME TO ..."
