"""Imports and exports of files: each run, what it found wrong, and saved templates."""

import sqlalchemy as sa

from painel_migrations.schema.columns import Moment, identity, reference, stamped
from painel_migrations.schema.enums import enum
from painel_migrations.schema.metadata import metadata

operacoes_import_export = sa.Table(
    "operacoes_import_export",
    metadata,
    identity(),
    sa.Column("tipo_operacao", enum("tipooperacao"), nullable=False),
    sa.Column("nome_arquivo", sa.String(255), nullable=False),
    sa.Column("formato_arquivo", sa.String(10), nullable=False),
    sa.Column("tamanho_arquivo", sa.Integer),
    reference("usuario_id", "usuarios", nullable=False),
    reference("evento_id", "eventos"),
    reference("empresa_id", "empresas"),
    sa.Column("status", enum("statusimportacao")),
    sa.Column("total_registros", sa.Integer),
    sa.Column("registros_processados", sa.Integer),
    sa.Column("registros_sucesso", sa.Integer),
    sa.Column("registros_erro", sa.Integer),
    sa.Column("registros_aviso", sa.Integer),
    sa.Column("mapeamento_campos", sa.Text),
    sa.Column("filtros_aplicados", sa.Text),
    sa.Column("campos_personalizados", sa.Text),
    sa.Column("inicio_processamento", Moment),
    sa.Column("fim_processamento", Moment),
    stamped("criado_em"),
    sa.Column("log_detalhado", sa.Text),
    sa.Column("url_arquivo_resultado", sa.String(500)),
    sa.Column("resumo_operacao", sa.Text),
)

validacoes_importacao = sa.Table(
    "validacoes_importacao",
    metadata,
    identity(),
    reference("operacao_id", "operacoes_import_export", nullable=False),
    sa.Column("linha_arquivo", sa.Integer, nullable=False),
    sa.Column("campo", sa.String(100)),
    sa.Column("tipo_validacao", sa.String(50)),
    sa.Column("status", enum("statusvalidacao"), nullable=False),
    sa.Column("mensagem", sa.Text, nullable=False),
    sa.Column("valor_original", sa.String(500)),
    sa.Column("valor_sugerido", sa.String(500)),
    sa.Column("corrigido", sa.Boolean),
    stamped("criado_em"),
)

templates_importacao = sa.Table(
    "templates_importacao",
    metadata,
    identity(),
    sa.Column("nome", sa.String(100), nullable=False),
    sa.Column("descricao", sa.Text),
    sa.Column("formato", sa.String(10), nullable=False),
    sa.Column("mapeamento_padrao", sa.Text, nullable=False),
    sa.Column("campos_obrigatorios", sa.Text),
    sa.Column("validacoes_personalizadas", sa.Text),
    sa.Column("ativo", sa.Boolean),
    reference("usuario_criador_id", "usuarios"),
    reference("empresa_id", "empresas"),
    stamped("criado_em"),
    sa.Column("atualizado_em", Moment),
)
