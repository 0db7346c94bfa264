"""Create the forms of payment

What can be paid with, and what it costs. The last change of the models that the application needs.

Application commit: 28ff102 (state 22)
Replaces: nothing; create_all() did not do it.

Revision ID: 0019
Revises: 0018
Create Date: 2025-08-28 18:18
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

STATUSFORMAPAGAMENTO = sa.Enum("ATIVO", "INATIVO", "MANUTENCAO", name="statusformapagamento")
TIPOFORMAPAGAMENTO = sa.Enum(
    "DINHEIRO",
    "PIX",
    "CARTAO_CREDITO",
    "CARTAO_DEBITO",
    "TRANSFERENCIA",
    "BOLETO",
    "VOUCHER",
    "CREDITO_LOJA",
    name="tipoformapagamento",
)


def upgrade() -> None:
    op.ensure_enum(STATUSFORMAPAGAMENTO)
    op.ensure_enum(TIPOFORMAPAGAMENTO)
    op.ensure_table(
        "formas_pagamento",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(100), nullable=False, unique=True),
        sa.Column("codigo", sa.String(50), nullable=False, unique=True),
        sa.Column("tipo", TIPOFORMAPAGAMENTO, nullable=False),
        sa.Column("status", STATUSFORMAPAGAMENTO),
        sa.Column("descricao", sa.Text),
        sa.Column("taxa_percentual", sa.Numeric(5, 2)),
        sa.Column("taxa_fixa", sa.Numeric(10, 2)),
        sa.Column("tempo_compensacao", sa.Integer),
        sa.Column("limite_minimo", sa.Numeric(10, 2)),
        sa.Column("limite_maximo", sa.Numeric(10, 2)),
        sa.Column("icone", sa.String(100)),
        sa.Column("cor_hex", sa.String(7)),
        sa.Column("configuracoes_extras", sa.Text),
        sa.Column("ordem_exibicao", sa.Integer),
        sa.Column("ativo", sa.Boolean),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
        sa.Column("criado_por", sa.Integer, sa.ForeignKey("usuarios.id")),
    )


def downgrade() -> None:
    op.undo()
