"""The useful indexes: those of the one-off scripts that the application's queries gain from.

The scripts made 39 indexes of their own on columns that head still has. The 16 in ``USEFUL_INDEXES`` are kept; the
others are unmanaged, for one of these reasons:

- they repeat a key or an index: ``idx_clientes_cpf``, ``idx_usuarios_cpf``, ``idx_usuarios_email``,
  ``ix_usuarios_email``, ``idx_empresas_cnpj``, ``idx_usuarios_id``, ``idx_categorias_produtos_id``,
  ``idx_categorias_produtos_nome``
- a handful of values, so a scan of the table or of its event's rows is as good, while every write pays for the index:
  ``idx_usuarios_tipo``, ``idx_usuarios_ativo``, ``idx_empresas_ativa``, ``idx_categorias_produtos_ativo``,
  ``idx_templates_importacao_ativo``, ``idx_sessoes_ativo``, ``idx_equipamentos_status``, ``idx_produtos_status``,
  ``idx_produtos_tipo``, ``idx_operacoes_import_export_status``, ``idx_validacoes_importacao_status``,
  ``idx_logs_tipo``, ``idx_previsoes_tipo``, ``idx_analytics_metrica``
- it is unique where the application allows repeats: ``idx_produtos_codigo_interno``

Indexes on columns that head no longer has (``idx_produtos_marca``, ``idx_usuarios_empresa_id``, ...) went with them.
"""

import dataclasses

import sqlalchemy as sa

# Imported for what they do: a table must be in the metadata before it can have an index.
from painel_migrations.schema import (  # noqa: F401
    auditoria,
    cadastro,
    eventos,
    financeiro,
    gamificacao,
    importacao,
    meep,
    pdv,
    produtos,
)
from painel_migrations.schema.metadata import metadata


@dataclasses.dataclass(frozen=True)
class UsefulIndex:
    """An index on one column, under the name the scripts gave it, and what it is for."""

    name: str
    table: str
    column: str
    reason: str


USEFUL_INDEXES = (
    UsefulIndex(
        "idx_analytics_evento_id",
        "analytics_meep",
        "evento_id",
        "foreign key; one row a metric and collection, always read by event",
    ),
    UsefulIndex(
        "idx_categorias_produtos_evento_id",
        "categorias_produtos",
        "evento_id",
        "foreign key; the categories of one event",
    ),
    UsefulIndex(
        "idx_equipamentos_evento_id",
        "equipamentos_eventos",
        "evento_id",
        "foreign key; the device list of an event, and the search for an IP address taken in it",
    ),
    UsefulIndex(
        "idx_logs_evento_id",
        "logs_seguranca_meep",
        "evento_id",
        "foreign key; the security log of one event, counted and paged",
    ),
    UsefulIndex(
        "idx_logs_timestamp",
        "logs_seguranca_meep",
        "timestamp_evento",
        "the log is read newest first, and alerts count its last hours",
    ),
    UsefulIndex(
        "idx_operacoes_import_export_criado_em",
        "operacoes_import_export",
        "criado_em",
        "the latest operations, a page at a time",
    ),
    UsefulIndex(
        "idx_operacoes_import_export_evento_id",
        "operacoes_import_export",
        "evento_id",
        "foreign key; every list and figure of operations is an event's",
    ),
    UsefulIndex(
        "idx_operacoes_import_export_usuario_id",
        "operacoes_import_export",
        "usuario_id",
        "foreign key; without it the removal of a user scans the table",
    ),
    UsefulIndex(
        "idx_previsoes_evento_id",
        "previsoes_ia",
        "evento_id",
        "foreign key; the latest forecasts of an event",
    ),
    UsefulIndex(
        "idx_produtos_categoria",
        "produtos",
        "categoria",
        "filter of the product list and of exports; free text, so many values",
    ),
    UsefulIndex(
        "idx_produtos_empresa_id",
        "produtos",
        "empresa_id",
        "foreign key; without it the removal of a company scans the table",
    ),
    UsefulIndex(
        "idx_produtos_nome",
        "produtos",
        "nome",
        "order of the product list, and of the first 20 offered while typing",
    ),
    UsefulIndex(
        "idx_sessoes_usuario_id",
        "sessoes_operadores",
        "usuario_id",
        "foreign key; the sessions of one operator",
    ),
    UsefulIndex(
        "idx_validacoes_evento_id",
        "validacoes_acesso",
        "evento_id",
        "foreign key; a row for every attempt at the door, and every query names its event",
    ),
    UsefulIndex(
        "idx_validacoes_timestamp",
        "validacoes_acesso",
        "timestamp_validacao",
        "the dashboard counts the last hour, day or week; lists are newest first",
    ),
    UsefulIndex(
        "idx_validacoes_importacao_operacao_id",
        "validacoes_importacao",
        "operacao_id",
        "foreign key; the findings of one import, many a file",
    ),
)

for _index in USEFUL_INDEXES:
    sa.Index(_index.name, metadata.tables[_index.table].c[_index.column])
