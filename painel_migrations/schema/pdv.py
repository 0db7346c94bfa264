"""The point of sale: tabs, sales, payments and cash registers."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Moment, Money, Percent, identity, reference, stamped
from painel_migrations.schema.enums import enum
from painel_migrations.schema.metadata import metadata

comandas = sa.Table(
    "comandas",
    metadata,
    identity(),
    sa.Column("numero_comanda", sa.String(20), nullable=False, unique=True),
    sa.Column("cpf_cliente", sa.String(14), index=True),
    sa.Column("nome_cliente", sa.String(255)),
    sa.Column("tipo", enum("tipocomanda"), nullable=False),
    sa.Column("codigo_rfid", sa.String(50), unique=True),
    sa.Column("qr_code", sa.String(100), unique=True),
    sa.Column("saldo_atual", Money),
    sa.Column("saldo_bloqueado", Money),
    sa.Column("status", enum("statuscomanda")),
    reference("evento_id", "eventos", nullable=False),
    reference("empresa_id", "empresas"),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

vendas_pdv = sa.Table(
    "vendas_pdv",
    metadata,
    identity(),
    sa.Column("numero_venda", sa.String(20), nullable=False, unique=True),
    sa.Column("cpf_cliente", sa.String(14), index=True),
    sa.Column("nome_cliente", sa.String(255)),
    sa.Column("valor_total", Money, nullable=False),
    sa.Column("valor_desconto", Money),
    sa.Column("valor_final", Money, nullable=False),
    sa.Column("tipo_pagamento", enum("tipopagamentopdv"), nullable=False),
    sa.Column("status", enum("statusvendapdv")),
    reference("comanda_id", "comandas"),
    reference("evento_id", "eventos", nullable=False),
    reference("empresa_id", "empresas"),
    reference("usuario_vendedor_id", "usuarios", nullable=False),
    reference("promoter_id", "usuarios"),
    sa.Column("cupom_codigo", sa.String(50)),
    sa.Column("observacoes", sa.Text),
    sa.Column("ip_origem", sa.String(45)),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

itens_venda_pdv = sa.Table(
    "itens_venda_pdv",
    metadata,
    identity(),
    reference("venda_id", "vendas_pdv", nullable=False),
    reference("produto_id", "produtos", nullable=False),
    sa.Column("quantidade", sa.Integer, nullable=False),
    sa.Column("preco_unitario", Money, nullable=False),
    sa.Column("preco_total", Money, nullable=False),
    sa.Column("desconto_aplicado", Money),
    sa.Column("observacoes", sa.Text),
    stamped("criado_em"),
)

pagamentos_pdv = sa.Table(
    "pagamentos_pdv",
    metadata,
    identity(),
    reference("venda_id", "vendas_pdv", nullable=False),
    sa.Column("tipo_pagamento", enum("tipopagamentopdv"), nullable=False),
    sa.Column("valor", Money, nullable=False),
    sa.Column("codigo_transacao", sa.String(100)),
    reference("promoter_id", "usuarios"),
    sa.Column("comissao_percentual", Percent),
    sa.Column("valor_comissao", Money),
    sa.Column("status", sa.String(20)),
    sa.Column("detalhes", sa.Text),
    stamped("criado_em"),
)

recargas_comanda = sa.Table(
    "recargas_comanda",
    metadata,
    identity(),
    reference("comanda_id", "comandas", nullable=False),
    sa.Column("valor", Money, nullable=False),
    sa.Column("tipo_pagamento", enum("tipopagamentopdv"), nullable=False),
    sa.Column("codigo_transacao", sa.String(100)),
    reference("usuario_id", "usuarios", nullable=False),
    sa.Column("status", sa.String(20)),
    stamped("criado_em"),
)

caixa_pdv = sa.Table(
    "caixa_pdv",
    metadata,
    identity(),
    sa.Column("numero_caixa", sa.String(10), nullable=False),
    reference("evento_id", "eventos", nullable=False),
    reference("usuario_operador_id", "usuarios", nullable=False),
    sa.Column("valor_abertura", Money),
    sa.Column("valor_vendas", Money),
    sa.Column("valor_sangrias", Money),
    sa.Column("valor_fechamento", Money),
    sa.Column("status", sa.String(20)),
    stamped("data_abertura"),
    sa.Column("data_fechamento", Moment),
    sa.Column("observacoes", sa.Text),
)
