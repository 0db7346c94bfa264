"""Create product categories

A table of categories, which 0015 renames the next night, and a key to it in produtos, which 0017 takes away.

Application commit: 8126543 (state 13)
Replaces: backend/add_categorias_migration.py.

Revision ID: 0014
Revises: 0013
Create Date: 2025-08-18 23:32
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.ensure_table(
        "produtos_categorias",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("descricao", sa.Text),
        sa.Column("cor", sa.String(7)),
        sa.Column("ativo", sa.Boolean),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id")),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
        unless="categorias_produtos",
    )
    op.transitional_column("produtos", sa.Column("categoria_id", sa.Integer, sa.ForeignKey("produtos_categorias.id")))


def downgrade() -> None:
    op.undo()
