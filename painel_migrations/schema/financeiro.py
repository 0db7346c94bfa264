"""An event's money outside the point of sale, and the ways to pay."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Moment, Money, Percent, identity, reference, stamped
from painel_migrations.schema.enums import enum
from painel_migrations.schema.metadata import metadata

movimentacoes_financeiras = sa.Table(
    "movimentacoes_financeiras",
    metadata,
    identity(),
    reference("evento_id", "eventos", nullable=False),
    sa.Column("tipo", enum("tipomovimentacaofinanceira"), nullable=False),
    sa.Column("categoria", sa.String(100), nullable=False),
    sa.Column("descricao", sa.Text, nullable=False),
    sa.Column("valor", Money, nullable=False),
    sa.Column("status", enum("statusmovimentacaofinanceira")),
    reference("usuario_responsavel_id", "usuarios", nullable=False),
    reference("promoter_id", "usuarios"),
    sa.Column("comprovante_url", sa.String(500)),
    sa.Column("numero_documento", sa.String(100)),
    sa.Column("observacoes", sa.Text),
    sa.Column("data_vencimento", sa.Date),
    sa.Column("data_pagamento", sa.Date),
    sa.Column("metodo_pagamento", sa.String(50)),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

caixas_eventos = sa.Table(
    "caixas_eventos",
    metadata,
    identity(),
    reference("evento_id", "eventos", nullable=False),
    stamped("data_abertura"),
    sa.Column("data_fechamento", Moment),
    sa.Column("saldo_inicial", Money),
    sa.Column("total_entradas", Money),
    sa.Column("total_saidas", Money),
    sa.Column("total_vendas_pdv", Money),
    sa.Column("total_vendas_listas", Money),
    sa.Column("saldo_final", Money),
    sa.Column("status", sa.String(20)),
    reference("usuario_abertura_id", "usuarios", nullable=False),
    reference("usuario_fechamento_id", "usuarios"),
    sa.Column("observacoes_abertura", sa.Text),
    sa.Column("observacoes_fechamento", sa.Text),
)

formas_pagamento = sa.Table(
    "formas_pagamento",
    metadata,
    identity(),
    sa.Column("nome", sa.String(100), nullable=False, unique=True),
    sa.Column("codigo", sa.String(50), nullable=False, unique=True),
    sa.Column("tipo", enum("tipoformapagamento"), nullable=False),
    sa.Column("status", enum("statusformapagamento")),
    sa.Column("descricao", sa.Text),
    sa.Column("taxa_percentual", Percent),
    sa.Column("taxa_fixa", Money),
    sa.Column("tempo_compensacao", sa.Integer),
    sa.Column("limite_minimo", Money),
    sa.Column("limite_maximo", Money),
    sa.Column("icone", sa.String(100)),
    sa.Column("cor_hex", sa.String(7)),
    sa.Column("configuracoes_extras", sa.Text),
    sa.Column("ordem_exibicao", sa.Integer),
    sa.Column("ativo", sa.Boolean),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
    reference("criado_por", "usuarios"),
)
