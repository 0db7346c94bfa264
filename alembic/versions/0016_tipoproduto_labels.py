"""Settle the labels of tipoproduto

Twice in two days the models got other kinds of product and lost them again. The application at head cannot load a row
that holds one of them. FICHA is the label that says least, something handed over at the counter; VOUCHER is a right
to be used later. The words the rows held are kept.

Application commit: 97405f2, 9b27f60, ff88c10 (states 14, 17 and 18)
Replaces: nothing; create_all() did not do it.

Revision ID: 0016
Revises: 0015
Create Date: 2025-08-20 07:31
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TIPOPRODUTO = sa.Enum("BEBIDA", "COMIDA", "INGRESSO", "FICHA", "COMBO", "VOUCHER", name="tipoproduto")

GONE = {"PRODUTO": "FICHA", "FISICO": "FICHA", "SERVICO": "FICHA", "DIGITAL": "VOUCHER", "ASSINATURA": "VOUCHER"}


def upgrade() -> None:
    op.replace_values("produtos", "tipo", GONE)
    op.ensure_enum(TIPOPRODUTO)
    op.ensure_column("produtos", sa.Column("tipo", TIPOPRODUTO, nullable=False))


def downgrade() -> None:
    op.undo()
