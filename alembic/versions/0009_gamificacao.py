"""Create the promoters' badges and metrics

Achievements, who reached them, and what each promoter sold and brought.

Application commit: 1081ed7 (state 7)
Replaces: backend/create_gamificacao_tables.py.

Revision ID: 0009
Revises: 0008
Create Date: 2025-08-07 19:30
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NIVELBADGE = sa.Enum("BRONZE", "PRATA", "OURO", "PLATINA", "DIAMANTE", "LENDA", name="nivelbadge")
TIPOCONQUISTA = sa.Enum("VENDAS", "PRESENCA", "FIDELIDADE", "CRESCIMENTO", "ESPECIAL", name="tipoconquista")


def upgrade() -> None:
    op.ensure_enum(NIVELBADGE)
    op.ensure_enum(TIPOCONQUISTA)
    op.ensure_table(
        "conquistas",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(100), nullable=False),
        sa.Column("descricao", sa.Text, nullable=False),
        sa.Column("tipo", TIPOCONQUISTA, nullable=False),
        sa.Column("criterio_valor", sa.Integer, nullable=False),
        sa.Column("badge_nivel", NIVELBADGE, nullable=False),
        sa.Column("icone", sa.String(50)),
        sa.Column("ativa", sa.Boolean),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "promoter_conquistas",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("conquista_id", sa.Integer, sa.ForeignKey("conquistas.id"), nullable=False),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("valor_alcancado", sa.Integer, nullable=False),
        sa.Column("data_conquista", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("notificado", sa.Boolean),
    )
    op.ensure_table(
        "metricas_promoters",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("periodo_inicio", sa.Date, nullable=False),
        sa.Column("periodo_fim", sa.Date, nullable=False),
        sa.Column("total_vendas", sa.Integer),
        sa.Column("receita_gerada", sa.Numeric(10, 2)),
        sa.Column("total_convidados", sa.Integer),
        sa.Column("total_presentes", sa.Integer),
        sa.Column("taxa_presenca", sa.Numeric(5, 2)),
        sa.Column("taxa_conversao", sa.Numeric(5, 2)),
        sa.Column("crescimento_vendas", sa.Numeric(5, 2)),
        sa.Column("posicao_vendas", sa.Integer),
        sa.Column("posicao_presenca", sa.Integer),
        sa.Column("posicao_geral", sa.Integer),
        sa.Column("badge_atual", NIVELBADGE),
        sa.Column("atualizado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )


def downgrade() -> None:
    op.undo()
