"""Add the ticket code to transacoes

Each sale gets a code for its ticket, unique. The script of that day added the column without UNIQUE.

Application commit: b587704 (state 4)
Replaces: backend/add_qr_code_migration.py, backend/update_existing_qr_codes.py.

Revision ID: 0006
Revises: 0005
Create Date: 2025-08-07 13:51
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.ensure_column("transacoes", sa.Column("qr_code_ticket", sa.String(100)))
    op.ensure_unique("transacoes", "qr_code_ticket")


def downgrade() -> None:
    op.undo()
