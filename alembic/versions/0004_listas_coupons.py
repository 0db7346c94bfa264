"""Add discount coupons to listas

Lists get a coupon code, a discount and, for two hours, a window of validity, which 0007 takes away again together
with the uniqueness of the code.

Application commit: 89c8485 (state 2)
Replaces: backend/add_lista_fields_migration.py.

Revision ID: 0004
Revises: 0003
Create Date: 2025-08-07 10:42
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def window() -> list[sa.Column]:
    """The columns of the discount's validity, which lasted from state 2 to state 4."""
    return [
        sa.Column("desconto_valor", sa.Numeric(10, 2)),
        sa.Column("data_inicio_desconto", sa.DateTime(timezone=True)),
        sa.Column("data_fim_desconto", sa.DateTime(timezone=True)),
        sa.Column("limite_uso_cupom", sa.Integer),
        sa.Column("usos_cupom", sa.Integer),
    ]


def upgrade() -> None:
    op.ensure_column("listas", sa.Column("codigo_cupom", sa.String(50)))
    op.ensure_column("listas", sa.Column("desconto_percentual", sa.Numeric(5, 2)))
    # Where codes repeat already, this stays undone: 0007 would take it away.
    op.try_add_unique("listas", "codigo_cupom")
    for column in window():
        op.transitional_column("listas", column)


def downgrade() -> None:
    op.undo()
