"""Index what the application looks for

Foreign keys and filters of the application's own queries, under the names the scripts gave them. The other 23 indexes
of the scripts repeat a key or tell apart too few values.

Application commit: none; the scripts' indexes that the application gains from
Replaces: optimize_database.py, backend/create_meep_migration.py, backend/create_import_export_tables.py.

Revision ID: 0022
Revises: 0021
Create Date: 2025-08-30 23:30
"""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEXES = (
    ("idx_analytics_evento_id", "analytics_meep", "evento_id"),
    ("idx_categorias_produtos_evento_id", "categorias_produtos", "evento_id"),
    ("idx_equipamentos_evento_id", "equipamentos_eventos", "evento_id"),
    ("idx_logs_evento_id", "logs_seguranca_meep", "evento_id"),
    ("idx_logs_timestamp", "logs_seguranca_meep", "timestamp_evento"),
    ("idx_operacoes_import_export_criado_em", "operacoes_import_export", "criado_em"),
    ("idx_operacoes_import_export_evento_id", "operacoes_import_export", "evento_id"),
    ("idx_operacoes_import_export_usuario_id", "operacoes_import_export", "usuario_id"),
    ("idx_previsoes_evento_id", "previsoes_ia", "evento_id"),
    ("idx_produtos_categoria", "produtos", "categoria"),
    ("idx_produtos_empresa_id", "produtos", "empresa_id"),
    ("idx_produtos_nome", "produtos", "nome"),
    ("idx_sessoes_usuario_id", "sessoes_operadores", "usuario_id"),
    ("idx_validacoes_evento_id", "validacoes_acesso", "evento_id"),
    ("idx_validacoes_timestamp", "validacoes_acesso", "timestamp_validacao"),
    ("idx_validacoes_importacao_operacao_id", "validacoes_importacao", "operacao_id"),
)


def upgrade() -> None:
    for name, table, column in INDEXES:
        op.ensure_index(name, table, column)


def downgrade() -> None:
    op.undo()
