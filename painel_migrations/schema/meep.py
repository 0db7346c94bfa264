"""Access control and its analytics (MEEP): guests, validations, devices, sessions, forecasts."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Moment, Percent, identity, reference, stamped
from painel_migrations.schema.metadata import metadata

clientes_eventos = sa.Table(
    "clientes_eventos",
    metadata,
    identity(),
    sa.Column("cpf", sa.String(11), nullable=False, unique=True, index=True),
    sa.Column("nome_completo", sa.String(255), nullable=False),
    sa.Column("nome_social", sa.String(255)),
    sa.Column("data_nascimento", sa.Date),
    sa.Column("nome_mae", sa.String(255)),
    sa.Column("telefone", sa.String(20)),
    sa.Column("email", sa.String(255)),
    sa.Column("status", sa.String(50)),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

validacoes_acesso = sa.Table(
    "validacoes_acesso",
    metadata,
    identity(),
    reference("evento_id", "eventos"),
    reference("cliente_id", "clientes_eventos"),
    sa.Column("cpf_hash", sa.String(255), nullable=False),
    sa.Column("qr_code_data", sa.Text, nullable=False),
    sa.Column("cpf_digits", sa.String(3), nullable=False),
    sa.Column("ip_address", sa.String(45)),
    sa.Column("user_agent", sa.Text),
    stamped("timestamp_validacao"),
    sa.Column("sucesso", sa.Boolean),
    sa.Column("motivo_falha", sa.Text),
    sa.Column("latitude", sa.Numeric(10, 8)),
    sa.Column("longitude", sa.Numeric(11, 8)),
    sa.Column("device_info", sa.Text),
    stamped("criado_em"),
)

equipamentos_eventos = sa.Table(
    "equipamentos_eventos",
    metadata,
    identity(),
    reference("evento_id", "eventos", nullable=False),
    sa.Column("nome", sa.String(255), nullable=False),
    sa.Column("tipo", sa.String(100), nullable=False),
    sa.Column("ip_address", sa.String(45), nullable=False),
    sa.Column("mac_address", sa.String(17)),
    sa.Column("status", sa.String(50)),
    sa.Column("ultima_atividade", Moment),
    sa.Column("configuracao", sa.Text),
    sa.Column("localizacao", sa.String(255)),
    reference("responsavel_id", "usuarios"),
    sa.Column("heartbeat_interval", sa.Integer),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

sessoes_operadores = sa.Table(
    "sessoes_operadores",
    metadata,
    identity(),
    reference("usuario_id", "usuarios", nullable=False),
    reference("evento_id", "eventos", nullable=False),
    reference("equipamento_id", "equipamentos_eventos"),
    sa.Column("token_sessao", sa.String(255), nullable=False, unique=True),
    sa.Column("ip_address", sa.String(45)),
    stamped("inicio_sessao"),
    sa.Column("fim_sessao", Moment),
    sa.Column("ativo", sa.Boolean),
    sa.Column("configuracoes", sa.Text),
    stamped("criado_em"),
)

previsoes_ia = sa.Table(
    "previsoes_ia",
    metadata,
    identity(),
    reference("evento_id", "eventos", nullable=False),
    sa.Column("tipo_previsao", sa.String(100), nullable=False),
    sa.Column("dados_entrada", sa.Text, nullable=False),
    sa.Column("resultado_previsao", sa.Text, nullable=False),
    sa.Column("confiabilidade", Percent),
    stamped("timestamp_previsao"),
    sa.Column("aplicada", sa.Boolean),
    sa.Column("feedback_real", sa.Text),
    sa.Column("precisao_real", Percent),
    stamped("criado_em"),
)

analytics_meep = sa.Table(
    "analytics_meep",
    metadata,
    identity(),
    reference("evento_id", "eventos", nullable=False),
    sa.Column("metrica", sa.String(100), nullable=False),
    sa.Column("valor", sa.Numeric(15, 2)),
    sa.Column("valor_anterior", sa.Numeric(15, 2)),
    sa.Column("percentual_mudanca", Percent),
    sa.Column("periodo", sa.String(50)),
    stamped("timestamp_coleta"),
    sa.Column("dados_detalhados", sa.Text),
    sa.Column("alertas", sa.Text),
    stamped("criado_em"),
)

logs_seguranca_meep = sa.Table(
    "logs_seguranca_meep",
    metadata,
    identity(),
    reference("evento_id", "eventos"),
    sa.Column("tipo_evento", sa.String(100), nullable=False),
    sa.Column("gravidade", sa.String(20)),
    sa.Column("ip_address", sa.String(45)),
    sa.Column("user_agent", sa.Text),
    sa.Column("dados_evento", sa.Text, nullable=False),
    reference("usuario_id", "usuarios"),
    sa.Column("resolvido", sa.Boolean),
    stamped("timestamp_evento"),
    stamped("criado_em"),
)
