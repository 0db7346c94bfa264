"""Bring back what leftover copies hold, and retire them

Scripts rebuilt tables under another name and left the old one: foreign keys follow it, rows added since are only in
one of the two, its indexes and its sequence keep the names that the live table needs. This comes first, since every
later revision looks at the live tables. Rows that exist only in a copy go back, keys are turned round, and the copies
are retired, not dropped. It does nothing where no copy is.

Application commit: none; scripts ran from 2025-08-08 to 2025-08-30
Replaces: backend/app/migrations/auto_migrate.py, migrate_postgres_auto_retry.py, migrate_postgres_production.py,
  backend/fix_produtos_sqlite_migration.py, backend/complete_migration.py, backend/fix_produtos_sqlite.py,
  backend/recreate_table_migration.py.

Revision ID: 0001
Revises: None
Create Date: 2025-08-27 10:15
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = [
    "empresas",
    "usuarios",
    "eventos",
    "listas",
    "transacoes",
    "checkins",
    "promoter_eventos",
    "logs_auditoria",
    "comandas",
    "produtos_categorias",
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
]


def upgrade() -> None:
    # Parents before children, so that a row that goes back finds what it refers to.
    op.retire_copies(*TABLES)


def downgrade() -> None:
    op.undo()
