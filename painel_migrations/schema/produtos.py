"""What the bars sell, and every movement of its stock."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Moment, Money, identity, reference, stamped
from painel_migrations.schema.enums import enum
from painel_migrations.schema.metadata import metadata

categorias_produtos = sa.Table(
    "categorias_produtos",
    metadata,
    identity(),
    sa.Column("nome", sa.String(100), nullable=False, index=True),
    sa.Column("descricao", sa.Text),
    sa.Column("cor", sa.String(7)),
    sa.Column("ativo", sa.Boolean),
    reference("evento_id", "eventos", nullable=False),
    reference("empresa_id", "empresas"),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

produtos = sa.Table(
    "produtos",
    metadata,
    identity(),
    sa.Column("nome", sa.String(255), nullable=False),
    sa.Column("descricao", sa.Text),
    sa.Column("tipo", enum("tipoproduto"), nullable=False),
    sa.Column("preco", Money, nullable=False),
    sa.Column("codigo_interno", sa.String(20)),
    sa.Column("estoque_atual", sa.Integer),
    sa.Column("estoque_minimo", sa.Integer),
    sa.Column("estoque_maximo", sa.Integer),
    sa.Column("controla_estoque", sa.Boolean),
    sa.Column("status", enum("statusproduto")),
    sa.Column("categoria", sa.String(100)),
    sa.Column("imagem_url", sa.String(500)),
    reference("empresa_id", "empresas"),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

movimentos_estoque = sa.Table(
    "movimentos_estoque",
    metadata,
    identity(),
    reference("produto_id", "produtos", nullable=False),
    sa.Column("tipo_movimento", sa.String(20), nullable=False),
    sa.Column("quantidade", sa.Integer, nullable=False),
    sa.Column("estoque_anterior", sa.Integer, nullable=False),
    sa.Column("estoque_atual", sa.Integer, nullable=False),
    sa.Column("motivo", sa.String(100)),
    reference("venda_id", "vendas_pdv"),
    reference("usuario_id", "usuarios", nullable=False),
    stamped("criado_em"),
)
