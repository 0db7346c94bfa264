"""Let events, tabs, products and sales have no company

The script for it undid on the first failure what it had reported as done, and on SQLite changed nothing.

Application commit: 28b1471 (state 10)
Replaces: backend/migrate_empresa_id_nullable.py, migrate_production.py.

Revision ID: 0011
Revises: 0010
Create Date: 2025-08-09 13:54
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TABLES = ("eventos", "comandas", "produtos", "vendas_pdv")


def upgrade() -> None:
    for table in TABLES:
        op.ensure_column(table, sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id")))


def downgrade() -> None:
    op.undo()
