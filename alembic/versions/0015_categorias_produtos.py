"""Rename produtos_categorias to categorias_produtos

create_all() made the new table beside the old one, whose rows nobody moved. They move here; a row whose id is taken
gets another, produtos.categoria_id follows it, and the values it had are kept. A category without an event, which the
new table does not take, is retired whole.

Application commit: f8dda42 (state 16)
Replaces: backend/create_produtos_migration.py, backend/create_categorias_table.py.

Revision ID: 0015
Revises: 0014
Create Date: 2025-08-19 03:05
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.ensure_renamed("produtos_categorias", "categorias_produtos", required=["evento_id"])
    op.ensure_table(
        "categorias_produtos",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(100), nullable=False, index=True),
        sa.Column("descricao", sa.Text),
        sa.Column("cor", sa.String(7)),
        sa.Column("ativo", sa.Boolean),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id")),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
    )


def downgrade() -> None:
    op.undo()
