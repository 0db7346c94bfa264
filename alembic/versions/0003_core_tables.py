"""Create companies, users, events, lists, sales and check-ins

The first schema of the application. usuarios.tipo is settled by 0020, the empresa_id columns by 0010 and 0011.

Application commit: b9d8fc0 (state 1)
Replaces: backend/init_db.py, deploy-pdv.sh, backend/create_all_tables.py, backend/rebuild_metadata.py,
  backend/create_sqlite_db.py.

Revision ID: 0003
Revises: 0002
Create Date: 2025-08-07 09:43
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATUSEVENTO = sa.Enum("ATIVO", "INATIVO", "CANCELADO", name="statusevento")
STATUSTRANSACAO = sa.Enum("PENDENTE", "APROVADA", "CANCELADA", name="statustransacao")
TIPOLISTA = sa.Enum("VIP", "FREE", "PAGANTE", "PROMOTER", "ANIVERSARIO", "DESCONTO", name="tipolista")
TIPOUSUARIO = sa.Enum("ADMIN", "PROMOTER", "CLIENTE", name="tipousuario")


def upgrade() -> None:
    op.ensure_enum(STATUSEVENTO)
    op.ensure_enum(STATUSTRANSACAO)
    op.ensure_enum(TIPOLISTA)
    op.ensure_enum(TIPOUSUARIO, transitional=True)
    op.ensure_table(
        "empresas",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("cnpj", sa.String(18), nullable=False, unique=True),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("telefone", sa.String(20)),
        sa.Column("endereco", sa.Text),
        sa.Column("ativa", sa.Boolean),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
    )
    op.ensure_table(
        "usuarios",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("cpf", sa.String(14), nullable=False, unique=True, index=True),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("email", sa.String(255), nullable=False, unique=True),
        sa.Column("telefone", sa.String(20)),
        sa.Column("senha_hash", sa.String(255), nullable=False),
        sa.Column("ativo", sa.Boolean),
        sa.Column("ultimo_login", sa.DateTime(timezone=True)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
        transitional=[
            sa.Column("tipo", TIPOUSUARIO, nullable=False),
            sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id"), nullable=False),
        ],
    )
    op.ensure_table(
        "eventos",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("descricao", sa.Text),
        sa.Column("data_evento", sa.DateTime(timezone=True), nullable=False),
        sa.Column("local", sa.String(255), nullable=False),
        sa.Column("endereco", sa.Text),
        sa.Column("limite_idade", sa.Integer),
        sa.Column("capacidade_maxima", sa.Integer),
        sa.Column("status", STATUSEVENTO),
        sa.Column("criador_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
        transitional=[
            sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id"), nullable=False),
        ],
    )
    op.ensure_table(
        "listas",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("tipo", TIPOLISTA, nullable=False),
        sa.Column("preco", sa.Numeric(10, 2)),
        sa.Column("limite_vendas", sa.Integer),
        sa.Column("vendas_realizadas", sa.Integer),
        sa.Column("ativa", sa.Boolean),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "transacoes",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("cpf_comprador", sa.String(14), nullable=False, index=True),
        sa.Column("nome_comprador", sa.String(255), nullable=False),
        sa.Column("email_comprador", sa.String(255)),
        sa.Column("telefone_comprador", sa.String(20)),
        sa.Column("valor", sa.Numeric(10, 2), nullable=False),
        sa.Column("status", STATUSTRANSACAO),
        sa.Column("metodo_pagamento", sa.String(50)),
        sa.Column("codigo_transacao", sa.String(100), unique=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("lista_id", sa.Integer, sa.ForeignKey("listas.id"), nullable=False),
        sa.Column("usuario_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("ip_origem", sa.String(45)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
    )
    op.ensure_table(
        "checkins",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("cpf", sa.String(14), nullable=False, index=True),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("usuario_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("transacao_id", sa.Integer, sa.ForeignKey("transacoes.id")),
        sa.Column("metodo_checkin", sa.String(20)),
        sa.Column("validacao_cpf", sa.String(3)),
        sa.Column("ip_origem", sa.String(45)),
        sa.Column("checkin_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "promoter_eventos",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("meta_vendas", sa.Integer),
        sa.Column("vendas_realizadas", sa.Integer),
        sa.Column("comissao_percentual", sa.Numeric(5, 2)),
        sa.Column("ativo", sa.Boolean),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "logs_auditoria",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("cpf_usuario", sa.String(14), nullable=False, index=True),
        sa.Column("acao", sa.String(100), nullable=False),
        sa.Column("tabela_afetada", sa.String(50)),
        sa.Column("registro_id", sa.Integer),
        sa.Column("dados_anteriores", sa.Text),
        sa.Column("dados_novos", sa.Text),
        sa.Column("ip_origem", sa.String(45)),
        sa.Column("user_agent", sa.Text),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("promoter_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("status", sa.String(20)),
        sa.Column("detalhes", sa.Text),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )


def downgrade() -> None:
    op.undo()
