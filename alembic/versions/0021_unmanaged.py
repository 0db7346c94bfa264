"""Drop the indexes, checks and triggers that scripts added

Indexes that repeat a key, checks beside enums, keys that cascade or name the wrong table, triggers that set a column
which does not exist: whatever is on the known columns of a known table and is not the schema's goes, and its
definition is kept. Columns and tables nobody knows stay as they are.

Application commit: 28ff102 (state 22)
Replaces: optimize_database.py, backend/meep_migration.sql, backend/create_import_export_tables.py,
  backend/auto_migrate_railway.py, auto_migrate_railway_updated.py.

Revision ID: 0021
Revises: 0020
Create Date: 2025-08-30 23:00
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# What each is to have is what the schema has: an index that a later revision makes is none to drop.
TABLES = (
    "empresas",
    "usuarios",
    "eventos",
    "listas",
    "transacoes",
    "checkins",
    "promoter_eventos",
    "logs_auditoria",
    "comandas",
    "categorias_produtos",
    "produtos",
    "vendas_pdv",
    "itens_venda_pdv",
    "pagamentos_pdv",
    "recargas_comanda",
    "movimentos_estoque",
    "caixa_pdv",
    "movimentacoes_financeiras",
    "caixas_eventos",
    "conquistas",
    "promoter_conquistas",
    "metricas_promoters",
    "clientes_eventos",
    "validacoes_acesso",
    "equipamentos_eventos",
    "sessoes_operadores",
    "previsoes_ia",
    "analytics_meep",
    "logs_seguranca_meep",
    "operacoes_import_export",
    "validacoes_importacao",
    "templates_importacao",
    "formas_pagamento",
)


def upgrade() -> None:
    op.drop_unmanaged(*TABLES)


def downgrade() -> None:
    op.undo()
