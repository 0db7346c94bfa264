"""Who did what to which row."""

import sqlalchemy as sa

from painel_migrations.schema.columns import identity, reference, stamped
from painel_migrations.schema.metadata import metadata

logs_auditoria = sa.Table(
    "logs_auditoria",
    metadata,
    identity(),
    sa.Column("cpf_usuario", sa.String(14), nullable=False, index=True),
    sa.Column("acao", sa.String(100), nullable=False),
    sa.Column("tabela_afetada", sa.String(50)),
    sa.Column("registro_id", sa.Integer),
    sa.Column("dados_anteriores", sa.Text),
    sa.Column("dados_novos", sa.Text),
    sa.Column("ip_origem", sa.String(45)),
    sa.Column("user_agent", sa.Text),
    reference("evento_id", "eventos"),
    reference("promoter_id", "usuarios"),
    sa.Column("status", sa.String(20)),
    sa.Column("detalhes", sa.Text),
    stamped("criado_em"),
)
