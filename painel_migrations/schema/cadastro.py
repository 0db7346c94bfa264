"""The register of companies and of the people who log in."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Moment, identity, stamped
from painel_migrations.schema.enums import enum
from painel_migrations.schema.metadata import metadata

empresas = sa.Table(
    "empresas",
    metadata,
    identity(),
    sa.Column("nome", sa.String(255), nullable=False),
    sa.Column("cnpj", sa.String(18), nullable=False, unique=True),
    sa.Column("email", sa.String(255), nullable=False),
    sa.Column("telefone", sa.String(20)),
    sa.Column("endereco", sa.Text),
    sa.Column("ativa", sa.Boolean),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)

usuarios = sa.Table(
    "usuarios",
    metadata,
    identity(),
    sa.Column("cpf", sa.String(14), nullable=False, unique=True, index=True),
    sa.Column("nome", sa.String(255), nullable=False),
    sa.Column("email", sa.String(255), nullable=False, unique=True),
    sa.Column("telefone", sa.String(20)),
    sa.Column("senha_hash", sa.String(255), nullable=False),
    sa.Column("tipo", enum("tipousuario"), nullable=False),
    sa.Column("ativo", sa.Boolean),
    sa.Column("ultimo_login", Moment),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)
