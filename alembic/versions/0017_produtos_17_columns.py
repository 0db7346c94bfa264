"""Retire the 17 columns produtos lost

The catalogue columns, both codes' uniqueness, and the key to the categories left the models in one commit.

Application commit: 345dab6 (state 19; d9a1122 and f8dda42 took the unique codes and gave them back)
Replaces: backend/apply_produtos_cleanup.py, backend/produtos_cleanup_migration.sql,
  backend/produtos_cleanup_migration_sqlite.sql.

Revision ID: 0017
Revises: 0016
Create Date: 2025-08-20 08:42
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def gone() -> list[sa.Column]:
    """The 17 columns, as they were."""
    return [
        sa.Column("codigo_barras", sa.String(50)),
        sa.Column("categoria_id", sa.Integer, sa.ForeignKey("categorias_produtos.id")),
        sa.Column("marca", sa.String(100)),
        sa.Column("fornecedor", sa.String(200)),
        sa.Column("preco_custo", sa.Numeric(10, 2)),
        sa.Column("margem_lucro", sa.Numeric(5, 2)),
        sa.Column("unidade_medida", sa.String(10)),
        sa.Column("volume", sa.Numeric(8, 2)),
        sa.Column("teor_alcoolico", sa.Numeric(4, 2)),
        sa.Column("temperatura_ideal", sa.String(20)),
        sa.Column("validade_dias", sa.Integer),
        sa.Column("ncm", sa.String(8)),
        sa.Column("icms", sa.Numeric(5, 2)),
        sa.Column("ipi", sa.Numeric(5, 2)),
        sa.Column("destaque", sa.Boolean),
        sa.Column("promocional", sa.Boolean),
        sa.Column("observacoes", sa.Text),
    ]


def upgrade() -> None:
    op.ensure_no_unique("produtos", "codigo_interno")
    for column in gone():
        op.retire_column("produtos", column.name)


def downgrade() -> None:
    op.undo()
