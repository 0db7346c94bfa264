"""Describe listas, and drop the discount window

The window of validity of 0004 is gone, coupon codes may repeat, and a list can be described.

Application commit: 389d69f (state 5)
Replaces: backend/add_lista_fields_migration.py.

Revision ID: 0007
Revises: 0006
Create Date: 2025-08-07 16:17
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def window() -> list[sa.Column]:
    """The columns of the discount's validity, as 0004 made them."""
    return [
        sa.Column("desconto_valor", sa.Numeric(10, 2)),
        sa.Column("data_inicio_desconto", sa.DateTime(timezone=True)),
        sa.Column("data_fim_desconto", sa.DateTime(timezone=True)),
        sa.Column("limite_uso_cupom", sa.Integer),
        sa.Column("usos_cupom", sa.Integer),
    ]


def upgrade() -> None:
    op.ensure_column("listas", sa.Column("descricao", sa.Text))
    op.ensure_no_unique("listas", "codigo_cupom")
    for column in window():
        op.retire_column("listas", column.name)


def downgrade() -> None:
    op.undo()
