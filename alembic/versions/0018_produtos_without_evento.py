"""Retire produtos.evento_id

A product belongs to no event. Production still has the column, and every script for it failed there or left damage.
The link each product had is kept.

Application commit: 345dab6, 40eacf3, cc95e6a (states 19 to 21)
Replaces: backend/app/migrations/auto_migrate.py, backend/fix_constraint_sqlite.py, backend/fix_produtos_evento_id.py,
  backend/fix_produtos_sqlite.py, backend/fix_produtos_sqlite_migration.py, migrate_debug.py, migrate_postgres.sql,
  migrate_postgres_auto_retry.py, migrate_postgres_final.py, migrate_postgres_production.py,
  migrate_postgres_psycopg2.py, migrate_simple.py, remove_evento_id_migration.py, run_migration.py,
  recovery_system_advanced.py.

Revision ID: 0018
Revises: 0017
Create Date: 2025-08-27 06:03
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.retire_column("produtos", "evento_id")


def downgrade() -> None:
    op.undo()
