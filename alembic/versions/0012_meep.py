"""Create the MEEP tables

Clients, access checks, devices, sessions, forecasts, metrics and the security log. Where the script made them before
the application did, they have created_at and updated_at, INET, JSONB, moments without zone (taken as UTC) and keys
that cascade.

Application commit: 761654b (state 11)
Replaces: backend/create_meep_migration.py, backend/meep_migration.sql, deploy-meep.sh.

Revision ID: 0012
Revises: 0011
Create Date: 2025-08-09 17:09
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = (
    "clientes_eventos",
    "validacoes_acesso",
    "equipamentos_eventos",
    "sessoes_operadores",
    "previsoes_ia",
    "analytics_meep",
    "logs_seguranca_meep",
)


def upgrade() -> None:
    for table in TABLES:
        op.merge_column(table, "created_at", into="criado_em")
    for table in ("clientes_eventos", "equipamentos_eventos"):
        op.merge_column(table, "updated_at", into="atualizado_em")
    op.ensure_table(
        "clientes_eventos",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("cpf", sa.String(11), nullable=False, unique=True, index=True),
        sa.Column("nome_completo", sa.String(255), nullable=False),
        sa.Column("nome_social", sa.String(255)),
        sa.Column("data_nascimento", sa.Date),
        sa.Column("nome_mae", sa.String(255)),
        sa.Column("telefone", sa.String(20)),
        sa.Column("email", sa.String(255)),
        sa.Column("status", sa.String(50)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
    )
    op.ensure_table(
        "validacoes_acesso",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("cliente_id", sa.Integer, sa.ForeignKey("clientes_eventos.id")),
        sa.Column("cpf_hash", sa.String(255), nullable=False),
        sa.Column("qr_code_data", sa.Text, nullable=False),
        sa.Column("cpf_digits", sa.String(3), nullable=False),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("user_agent", sa.Text),
        sa.Column("timestamp_validacao", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("sucesso", sa.Boolean),
        sa.Column("motivo_falha", sa.Text),
        sa.Column("latitude", sa.Numeric(10, 8)),
        sa.Column("longitude", sa.Numeric(11, 8)),
        sa.Column("device_info", sa.Text),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "equipamentos_eventos",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("nome", sa.String(255), nullable=False),
        sa.Column("tipo", sa.String(100), nullable=False),
        sa.Column("ip_address", sa.String(45), nullable=False),
        sa.Column("mac_address", sa.String(17)),
        sa.Column("status", sa.String(50)),
        sa.Column("ultima_atividade", sa.DateTime(timezone=True)),
        sa.Column("configuracao", sa.Text),
        sa.Column("localizacao", sa.String(255)),
        sa.Column("responsavel_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("heartbeat_interval", sa.Integer),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
    )
    op.ensure_table(
        "sessoes_operadores",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("usuario_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("equipamento_id", sa.Integer, sa.ForeignKey("equipamentos_eventos.id")),
        sa.Column("token_sessao", sa.String(255), nullable=False, unique=True),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("inicio_sessao", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("fim_sessao", sa.DateTime(timezone=True)),
        sa.Column("ativo", sa.Boolean),
        sa.Column("configuracoes", sa.Text),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "previsoes_ia",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("tipo_previsao", sa.String(100), nullable=False),
        sa.Column("dados_entrada", sa.Text, nullable=False),
        sa.Column("resultado_previsao", sa.Text, nullable=False),
        sa.Column("confiabilidade", sa.Numeric(5, 2)),
        sa.Column("timestamp_previsao", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("aplicada", sa.Boolean),
        sa.Column("feedback_real", sa.Text),
        sa.Column("precisao_real", sa.Numeric(5, 2)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "analytics_meep",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("metrica", sa.String(100), nullable=False),
        sa.Column("valor", sa.Numeric(15, 2)),
        sa.Column("valor_anterior", sa.Numeric(15, 2)),
        sa.Column("percentual_mudanca", sa.Numeric(5, 2)),
        sa.Column("periodo", sa.String(50)),
        sa.Column("timestamp_coleta", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("dados_detalhados", sa.Text),
        sa.Column("alertas", sa.Text),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "logs_seguranca_meep",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("tipo_evento", sa.String(100), nullable=False),
        sa.Column("gravidade", sa.String(20)),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("user_agent", sa.Text),
        sa.Column("dados_evento", sa.Text, nullable=False),
        sa.Column("usuario_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("resolvido", sa.Boolean),
        sa.Column("timestamp_evento", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )


def downgrade() -> None:
    op.undo()
