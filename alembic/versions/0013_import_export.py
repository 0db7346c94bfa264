"""Create import and export, and catalogue columns of produtos

Operations, templates and findings of imports; 15 columns for what a catalogue knows of a product, which 0017 takes
away again. The script made the tables with checked text where the models have enums.

Application commit: 183e0e1 (state 12)
Replaces: backend/create_import_export_tables.py.

Revision ID: 0013
Revises: 0012
Create Date: 2025-08-18 18:23
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATUSIMPORTACAO = sa.Enum("PENDENTE", "PROCESSANDO", "CONCLUIDA", "ERRO", "CANCELADA", name="statusimportacao")
STATUSVALIDACAO = sa.Enum("VALIDO", "ERRO_CRITICO", "AVISO", name="statusvalidacao")
TIPOOPERACAO = sa.Enum("IMPORTACAO", "EXPORTACAO", name="tipooperacao")


def catalogue() -> list[sa.Column]:
    """The columns of the product catalogue, which lasted from state 12 to state 18."""
    return [
        sa.Column("marca", sa.String(100)),
        sa.Column("fornecedor", sa.String(200)),
        sa.Column("preco_custo", sa.Numeric(10, 2)),
        sa.Column("margem_lucro", sa.Numeric(5, 2)),
        sa.Column("unidade_medida", sa.String(10)),
        sa.Column("volume", sa.Numeric(8, 2)),
        sa.Column("teor_alcoolico", sa.Numeric(4, 2)),
        sa.Column("temperatura_ideal", sa.String(20)),
        sa.Column("validade_dias", sa.Integer),
        sa.Column("ncm", sa.String(8)),
        sa.Column("icms", sa.Numeric(5, 2)),
        sa.Column("ipi", sa.Numeric(5, 2)),
        sa.Column("destaque", sa.Boolean),
        sa.Column("promocional", sa.Boolean),
        sa.Column("observacoes", sa.Text),
    ]


def upgrade() -> None:
    op.ensure_enum(STATUSIMPORTACAO)
    op.ensure_enum(STATUSVALIDACAO)
    op.ensure_enum(TIPOOPERACAO)
    op.ensure_table(
        "operacoes_import_export",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("tipo_operacao", TIPOOPERACAO, nullable=False),
        sa.Column("nome_arquivo", sa.String(255), nullable=False),
        sa.Column("formato_arquivo", sa.String(10), nullable=False),
        sa.Column("tamanho_arquivo", sa.Integer),
        sa.Column("usuario_id", sa.Integer, sa.ForeignKey("usuarios.id"), nullable=False),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id")),
        sa.Column("status", STATUSIMPORTACAO),
        sa.Column("total_registros", sa.Integer),
        sa.Column("registros_processados", sa.Integer),
        sa.Column("registros_sucesso", sa.Integer),
        sa.Column("registros_erro", sa.Integer),
        sa.Column("registros_aviso", sa.Integer),
        sa.Column("mapeamento_campos", sa.Text),
        sa.Column("filtros_aplicados", sa.Text),
        sa.Column("campos_personalizados", sa.Text),
        sa.Column("inicio_processamento", sa.DateTime(timezone=True)),
        sa.Column("fim_processamento", sa.DateTime(timezone=True)),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("log_detalhado", sa.Text),
        sa.Column("url_arquivo_resultado", sa.String(500)),
        sa.Column("resumo_operacao", sa.Text),
    )
    op.ensure_table(
        "validacoes_importacao",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("operacao_id", sa.Integer, sa.ForeignKey("operacoes_import_export.id"), nullable=False),
        sa.Column("linha_arquivo", sa.Integer, nullable=False),
        sa.Column("campo", sa.String(100)),
        sa.Column("tipo_validacao", sa.String(50)),
        sa.Column("status", STATUSVALIDACAO, nullable=False),
        sa.Column("mensagem", sa.Text, nullable=False),
        sa.Column("valor_original", sa.String(500)),
        sa.Column("valor_sugerido", sa.String(500)),
        sa.Column("corrigido", sa.Boolean),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
    )
    op.ensure_table(
        "templates_importacao",
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("nome", sa.String(100), nullable=False),
        sa.Column("descricao", sa.Text),
        sa.Column("formato", sa.String(10), nullable=False),
        sa.Column("mapeamento_padrao", sa.Text, nullable=False),
        sa.Column("campos_obrigatorios", sa.Text),
        sa.Column("validacoes_personalizadas", sa.Text),
        sa.Column("ativo", sa.Boolean),
        sa.Column("usuario_criador_id", sa.Integer, sa.ForeignKey("usuarios.id")),
        sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id")),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("atualizado_em", sa.DateTime(timezone=True)),
    )
    for column in catalogue():
        op.transitional_column("produtos", column)


def downgrade() -> None:
    op.undo()
