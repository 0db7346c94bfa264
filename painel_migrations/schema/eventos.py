"""Events, their door lists, the tickets sold for them and who came in."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Moment, Money, Percent, identity, reference, stamped
from painel_migrations.schema.enums import enum
from painel_migrations.schema.metadata import metadata

eventos = sa.Table(
    "eventos",
    metadata,
    identity(),
    sa.Column("nome", sa.String(255), nullable=False),
    sa.Column("descricao", sa.Text),
    sa.Column("data_evento", Moment, nullable=False),
    sa.Column("local", sa.String(255), nullable=False),
    sa.Column("endereco", sa.Text),
    sa.Column("limite_idade", sa.Integer),
    sa.Column("capacidade_maxima", sa.Integer),
    sa.Column("status", enum("statusevento")),
    reference("empresa_id", "empresas"),
    reference("criador_id", "usuarios", nullable=False),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

listas = sa.Table(
    "listas",
    metadata,
    identity(),
    sa.Column("nome", sa.String(255), nullable=False),
    sa.Column("tipo", enum("tipolista"), nullable=False),
    sa.Column("preco", Money),
    sa.Column("limite_vendas", sa.Integer),
    sa.Column("vendas_realizadas", sa.Integer),
    sa.Column("ativa", sa.Boolean),
    reference("evento_id", "eventos", nullable=False),
    reference("promoter_id", "usuarios"),
    sa.Column("descricao", sa.Text),
    sa.Column("codigo_cupom", sa.String(50)),
    sa.Column("desconto_percentual", Percent),
    stamped("criado_em"),
)

transacoes = sa.Table(
    "transacoes",
    metadata,
    identity(),
    sa.Column("cpf_comprador", sa.String(14), nullable=False, index=True),
    sa.Column("nome_comprador", sa.String(255), nullable=False),
    sa.Column("email_comprador", sa.String(255)),
    sa.Column("telefone_comprador", sa.String(20)),
    sa.Column("valor", Money, nullable=False),
    sa.Column("status", enum("statustransacao")),
    sa.Column("metodo_pagamento", sa.String(50)),
    sa.Column("codigo_transacao", sa.String(100), unique=True),
    sa.Column("qr_code_ticket", sa.String(100), unique=True),
    reference("evento_id", "eventos", nullable=False),
    reference("lista_id", "listas", nullable=False),
    reference("usuario_id", "usuarios"),
    sa.Column("ip_origem", sa.String(45)),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

checkins = sa.Table(
    "checkins",
    metadata,
    identity(),
    sa.Column("cpf", sa.String(14), nullable=False, index=True),
    sa.Column("nome", sa.String(255), nullable=False),
    reference("evento_id", "eventos", nullable=False),
    reference("usuario_id", "usuarios"),
    reference("transacao_id", "transacoes"),
    sa.Column("metodo_checkin", sa.String(20)),
    sa.Column("validacao_cpf", sa.String(3)),
    sa.Column("ip_origem", sa.String(45)),
    stamped("checkin_em"),
)

promoter_eventos = sa.Table(
    "promoter_eventos",
    metadata,
    identity(),
    reference("promoter_id", "usuarios", nullable=False),
    reference("evento_id", "eventos", nullable=False),
    sa.Column("meta_vendas", sa.Integer),
    sa.Column("vendas_realizadas", sa.Integer),
    sa.Column("comissao_percentual", Percent),
    sa.Column("ativo", sa.Boolean),
    stamped("criado_em"),
)
