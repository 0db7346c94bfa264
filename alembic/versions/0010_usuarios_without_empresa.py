"""Retire usuarios.empresa_id

A user belongs to no company. The column was made optional in the morning and left the models half an hour later; the
scripts that should have dropped it did nothing and said they had.

Application commit: 2809c52, af42785 (states 8 and 9)
Replaces: backend/apply_migration.py, backend/apply_postgresql_migration.py,
  backend/apply_remove_empresa_migration.py, backend/fix_empresa_id_constraint.sql,
  backend/make_empresa_optional_migration.py, backend/postgresql_migration.sql, backend/recreate_table_migration.py,
  backend/remove_empresa_id_column.py, backend/remove_empresa_id_migration.sql.

Revision ID: 0010
Revises: 0009
Create Date: 2025-08-08 06:01
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.retire_column("usuarios", "empresa_id")


def downgrade() -> None:
    op.undo()
