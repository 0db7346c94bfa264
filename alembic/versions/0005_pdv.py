"""Create the point of sale

Products, sales, tabs, stock and tills. What produtos had then and lost later is made only with the table: tipo is
settled by 0016, the unique codes by 0017, evento_id by 0018, the empresa_id columns by 0011. A products table that a
script rebuilt as plain text gets its enums, keys, names and sequence back here.

Application commit: 202986c (state 3)
Replaces: deploy-pdv.sh.

Revision ID: 0005
Revises: 0004
Create Date: 2025-08-07 13:06
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

STATUSCOMANDA = sa.Enum("ATIVA", "BLOQUEADA", "CANCELADA", name="statuscomanda")
STATUSPRODUTO = sa.Enum("ATIVO", "INATIVO", "ESGOTADO", name="statusproduto")
STATUSVENDAPDV = sa.Enum("PENDENTE", "APROVADA", "CANCELADA", "ESTORNADA", name="statusvendapdv")
TIPOCOMANDA = sa.Enum("FISICA", "VIRTUAL", "RFID", "NFC", name="tipocomanda")
TIPOPAGAMENTOPDV = sa.Enum(
    "PIX", "CARTAO_CREDITO", "CARTAO_DEBITO", "DINHEIRO", "SALDO_COMANDA", "VOUCHER", "SPLIT", name="tipopagamentopdv"
)
TIPOPRODUTO = sa.Enum("BEBIDA", "COMIDA", "INGRESSO", "FICHA", "COMBO", "VOUCHER", name="tipoproduto")


def upgrade() -> None:
    op.ensure_enum(STATUSCOMANDA)
    op.ensure_enum(STATUSPRODUTO)
    op.ensure_enum(STATUSVENDAPDV)
    op.ensure_enum(TIPOCOMANDA)
    op.ensure_enum(TIPOPAGAMENTOPDV)
    op.ensure_enum(TIPOPRODUTO, transitional=True)
    op.ensure_table(
        "comandas",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("numero_comanda", sa.String(20), nullable=False, unique=True),
        sa.Column("cpf_cliente", sa.String(14), index=True),
        sa.Column("nome_cliente", sa.String(255)),
        sa.Column("tipo", TIPOCOMANDA, nullable=False),
        sa.Column("codigo_rfid", sa.String(50), unique=True),
        sa.Column("qr_code", sa.String(100), unique=True),
        sa.Column("saldo_atual", sa.Numeric(10, 2)),
        sa.Column("saldo_bloqueado", sa.Numeric(10, 2)),
        sa.Column("status", STATUSCOMANDA),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
        transitional=[
            sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id"), nullable=False),
        ],
    )
    op.ensure_table(
        "produtos",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("descricao", sa.Text),
        sa.Column("preco", sa.Numeric(10, 2), nullable=False),
        sa.Column("codigo_interno", sa.String(20)),
        sa.Column("estoque_atual", sa.Integer),
        sa.Column("estoque_minimo", sa.Integer),
        sa.Column("estoque_maximo", sa.Integer),
        sa.Column("controla_estoque", sa.Boolean),
        sa.Column("status", STATUSPRODUTO),
        sa.Column("categoria", sa.String(100)),
        sa.Column("imagem_url", sa.String(500)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
        transitional=[
            sa.Column("tipo", TIPOPRODUTO, nullable=False),
            sa.Column("codigo_barras", sa.String(50), unique=True),
            sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
            sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id"), nullable=False),
            sa.UniqueConstraint("codigo_interno"),
        ],
    )
    op.ensure_table(
        "vendas_pdv",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("numero_venda", sa.String(20), nullable=False, unique=True),
        sa.Column("cpf_cliente", sa.String(14), index=True),
        sa.Column("nome_cliente", sa.String(255)),
        sa.Column("valor_total", sa.Numeric(10, 2), nullable=False),
        sa.Column("valor_desconto", sa.Numeric(10, 2)),
        sa.Column("valor_final", sa.Numeric(10, 2), nullable=False),
        sa.Column("tipo_pagamento", TIPOPAGAMENTOPDV, nullable=False),
        sa.Column("status", STATUSVENDAPDV),
        sa.Column("comanda_id", sa.Integer, sa.ForeignKey("comandas.id")),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("usuario_vendedor_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("cupom_codigo", sa.String(50)),
        sa.Column("observacoes", sa.Text),
        sa.Column("ip_origem", sa.String(45)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
        transitional=[
            sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id"), nullable=False),
        ],
    )
    op.ensure_table(
        "itens_venda_pdv",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("venda_id", sa.Integer, sa.ForeignKey("vendas_pdv.id"), nullable=False),
        sa.Column("produto_id", sa.Integer, sa.ForeignKey("produtos.id"), nullable=False),
        sa.Column("quantidade", sa.Integer, nullable=False),
        sa.Column("preco_unitario", sa.Numeric(10, 2), nullable=False),
        sa.Column("preco_total", sa.Numeric(10, 2), nullable=False),
        sa.Column("desconto_aplicado", sa.Numeric(10, 2)),
        sa.Column("observacoes", sa.Text),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "pagamentos_pdv",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("venda_id", sa.Integer, sa.ForeignKey("vendas_pdv.id"), nullable=False),
        sa.Column("tipo_pagamento", TIPOPAGAMENTOPDV, nullable=False),
        sa.Column("valor", sa.Numeric(10, 2), nullable=False),
        sa.Column("codigo_transacao", sa.String(100)),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("comissao_percentual", sa.Numeric(5, 2)),
        sa.Column("valor_comissao", sa.Numeric(10, 2)),
        sa.Column("status", sa.String(20)),
        sa.Column("detalhes", sa.Text),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "recargas_comanda",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("comanda_id", sa.Integer, sa.ForeignKey("comandas.id"), nullable=False),
        sa.Column("valor", sa.Numeric(10, 2), nullable=False),
        sa.Column("tipo_pagamento", TIPOPAGAMENTOPDV, nullable=False),
        sa.Column("codigo_transacao", sa.String(100)),
        sa.Column("usuario_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("status", sa.String(20)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "movimentos_estoque",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("produto_id", sa.Integer, sa.ForeignKey("produtos.id"), nullable=False),
        sa.Column("tipo_movimento", sa.String(20), nullable=False),
        sa.Column("quantidade", sa.Integer, nullable=False),
        sa.Column("estoque_anterior", sa.Integer, nullable=False),
        sa.Column("estoque_atual", sa.Integer, nullable=False),
        sa.Column("motivo", sa.String(100)),
        sa.Column("venda_id", sa.Integer, sa.ForeignKey("vendas_pdv.id")),
        sa.Column("usuario_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "caixa_pdv",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("numero_caixa", sa.String(10), nullable=False),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("usuario_operador_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("valor_abertura", sa.Numeric(10, 2)),
        sa.Column("valor_vendas", sa.Numeric(10, 2)),
        sa.Column("valor_sangrias", sa.Numeric(10, 2)),
        sa.Column("valor_fechamento", sa.Numeric(10, 2)),
        sa.Column("status", sa.String(20)),
        sa.Column("data_abertura", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("data_fechamento", sa.DateTime(timezone=True)),
        sa.Column("observacoes", sa.Text),
    )


def downgrade() -> None:
    op.undo()
