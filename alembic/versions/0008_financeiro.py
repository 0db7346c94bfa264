"""Create the finance tables

Money in and out of an event, and its till.

Application commit: a48645c (state 6)
Replaces: backend/create_financeiro_tables.py.

Revision ID: 0008
Revises: 0007
Create Date: 2025-08-07 17:18
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

STATUSMOVIMENTACAOFINANCEIRA = sa.Enum("PENDENTE", "APROVADA", "CANCELADA", name="statusmovimentacaofinanceira")
TIPOMOVIMENTACAOFINANCEIRA = sa.Enum(
    "ENTRADA",
    "SAIDA",
    "AJUSTE",
    "REPASSE_PROMOTER",
    "RECEITA_VENDAS",
    "RECEITA_LISTAS",
    name="tipomovimentacaofinanceira",
)


def upgrade() -> None:
    op.ensure_enum(STATUSMOVIMENTACAOFINANCEIRA)
    op.ensure_enum(TIPOMOVIMENTACAOFINANCEIRA)
    op.ensure_table(
        "movimentacoes_financeiras",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("tipo", TIPOMOVIMENTACAOFINANCEIRA, nullable=False),
        sa.Column("categoria", sa.String(100), nullable=False),
        sa.Column("descricao", sa.Text, nullable=False),
        sa.Column("valor", sa.Numeric(10, 2), nullable=False),
        sa.Column("status", STATUSMOVIMENTACAOFINANCEIRA),
        sa.Column("usuario_responsavel_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("comprovante_url", sa.String(500)),
        sa.Column("numero_documento", sa.String(100)),
        sa.Column("observacoes", sa.Text),
        sa.Column("data_vencimento", sa.Date),
        sa.Column("data_pagamento", sa.Date),
        sa.Column("metodo_pagamento", sa.String(50)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
    )
    op.ensure_table(
        "caixas_eventos",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("data_abertura", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("data_fechamento", sa.DateTime(timezone=True)),
        sa.Column("saldo_inicial", sa.Numeric(10, 2)),
        sa.Column("total_entradas", sa.Numeric(10, 2)),
        sa.Column("total_saidas", sa.Numeric(10, 2)),
        sa.Column("total_vendas_pdv", sa.Numeric(10, 2)),
        sa.Column("total_vendas_listas", sa.Numeric(10, 2)),
        sa.Column("saldo_final", sa.Numeric(10, 2)),
        sa.Column("status", sa.String(20)),
        sa.Column("usuario_abertura_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("usuario_fechamento_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("observacoes_abertura", sa.Text),
        sa.Column("observacoes_fechamento", sa.Text),
    )


def downgrade() -> None:
    op.undo()
