"""Give eight tables their column tipo back

On 30 August a search-and-replace renamed tipo to tipo_usuario in eight tables of the models, and scripts gave
usuarios a second column that says cliente of every administrator. tipo_usuario becomes tipo again. Where both exist
tipo wins, its gaps are filled, and the other is retired.

Application commit: d5d9f51, 5da6e0a, b9da703, 7e04569, 99c4253 (states 23 to 27)
Replaces: auto_migrate_railway.py, auto_migrate_railway_updated.py, backend/auto_migrate_railway.py,
  backend/migrations/deploy_with_migrations.py, backend/migrations/remove_tipo_usuario_column.py, deploy_login_fix.sh,
  deploy_production_final.py, deploy_remove_tipo_usuario.py, fix_all_tipousuario_references.py,
  fix_login_postgresql.py, fix_postgresql_manual.sql, fix_schema_migration_urgent.py, fix_tipo_usuario_migration.py,
  fix_tipo_usuario_postgres.py, fix_tipousuario_sqlite.py, fix_tipousuario_to_string.py, migrate_consolidate_tipo.py,
  migrate_postgresql_remove_tipo_usuario.py, migrate_postgresql_user_types.py, migrate_production_railway.py,
  railway_auto_deploy.py, railway_console_migration.sql, remove_tipo_usuario_definitivo.py,
  remove_tipo_usuario_field_migration.py, remove_tipo_usuario_migration.py,
  backend/migrations/run_migration_manual.py, fix_password_hashes.py (what it wrote to tipo_usuario; the passwords it
  reset no revision touches).

Revision ID: 0002
Revises: 0001
Create Date: 2025-08-30 03:33
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = (
    "usuarios",
    "listas",
    "comandas",
    "produtos",
    "movimentacoes_financeiras",
    "conquistas",
    "formas_pagamento",
    "equipamentos_eventos",
)


def upgrade() -> None:
    for table in TABLES:
        op.merge_column(table, "tipo_usuario", into="tipo")
    # What a conversion that failed half way leaves behind.
    op.retire_column("usuarios", "tipo_usuario_temp")


def downgrade() -> None:
    op.undo()
