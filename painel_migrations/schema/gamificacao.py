"""Promoters' achievements and rankings."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Money, Percent, identity, reference, stamped
from painel_migrations.schema.enums import enum
from painel_migrations.schema.metadata import metadata

conquistas = sa.Table(
    "conquistas",
    metadata,
    identity(),
    sa.Column("nome", sa.String(100), nullable=False),
    sa.Column("descricao", sa.Text, nullable=False),
    sa.Column("tipo", enum("tipoconquista"), nullable=False),
    sa.Column("criterio_valor", sa.Integer, nullable=False),
    sa.Column("badge_nivel", enum("nivelbadge"), nullable=False),
    sa.Column("icone", sa.String(50)),
    sa.Column("ativa", sa.Boolean),
    stamped("criado_em"),
)

promoter_conquistas = sa.Table(
    "promoter_conquistas",
    metadata,
    identity(),
    reference("promoter_id", "usuarios", nullable=False),
    reference("conquista_id", "conquistas", nullable=False),
    reference("evento_id", "eventos"),
    sa.Column("valor_alcancado", sa.Integer, nullable=False),
    stamped("data_conquista"),
    sa.Column("notificado", sa.Boolean),
)

metricas_promoters = sa.Table(
    "metricas_promoters",
    metadata,
    identity(),
    reference("promoter_id", "usuarios", nullable=False),
    reference("evento_id", "eventos"),
    sa.Column("periodo_inicio", sa.Date, nullable=False),
    sa.Column("periodo_fim", sa.Date, nullable=False),
    sa.Column("total_vendas", sa.Integer),
    sa.Column("receita_gerada", Money),
    sa.Column("total_convidados", sa.Integer),
    sa.Column("total_presentes", sa.Integer),
    sa.Column("taxa_presenca", Percent),
    sa.Column("taxa_conversao", Percent),
    sa.Column("crescimento_vendas", Percent),
    sa.Column("posicao_vendas", sa.Integer),
    sa.Column("posicao_presenca", sa.Integer),
    sa.Column("posicao_geral", sa.Integer),
    sa.Column("badge_atual", enum("nivelbadge")),
    stamped("atualizado_em"),
)
