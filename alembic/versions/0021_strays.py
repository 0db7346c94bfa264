"""Drop the indexes, checks and triggers that scripts added

Indexes that repeat a key, checks beside enums, keys that cascade or name the wrong table, triggers that set a column
which does not exist: whatever is on the known columns of a known table and is not the schema's goes, and its
definition is kept. Columns and tables nobody knows stay as they are.

Application commit: 28ff102 (state 22)
Replaces: optimize_database.py, backend/meep_migration.sql, backend/create_import_export_tables.py,
  backend/auto_migrate_railway.py, auto_migrate_railway_updated.py.

Revision ID: 0021
Revises: 0020
Create Date: 2025-08-30 23:00
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

# Table: its columns; its constraints, indexes and triggers, those of 0022 among them.
SCHEMA = {
    "empresas": (
        """
        id nome cnpj email telefone endereco ativa criado_em atualizado_em
        """,
        """
        empresas_pkey empresas_cnpj_key ix_empresas_id
        """,
    ),
    "usuarios": (
        """
        id cpf nome email telefone senha_hash tipo ativo ultimo_login criado_em atualizado_em
        """,
        """
        usuarios_pkey usuarios_email_key ix_usuarios_cpf ix_usuarios_id usuarios_tipo_maiusculo
        usuarios_tipo_maiusculo_insert usuarios_tipo_maiusculo_update
        """,
    ),
    "eventos": (
        """
        id nome descricao data_evento local endereco limite_idade capacidade_maxima status empresa_id
        criador_id criado_em atualizado_em
        """,
        """
        eventos_pkey eventos_empresa_id_fkey eventos_criador_id_fkey ix_eventos_id
        """,
    ),
    "listas": (
        """
        id nome tipo preco limite_vendas vendas_realizadas ativa evento_id promoter_id descricao
        codigo_cupom desconto_percentual criado_em
        """,
        """
        listas_pkey listas_evento_id_fkey listas_promoter_id_fkey ix_listas_id
        """,
    ),
    "transacoes": (
        """
        id cpf_comprador nome_comprador email_comprador telefone_comprador valor status metodo_pagamento
        codigo_transacao qr_code_ticket evento_id lista_id usuario_id ip_origem criado_em atualizado_em
        """,
        """
        transacoes_pkey transacoes_codigo_transacao_key transacoes_qr_code_ticket_key
        transacoes_evento_id_fkey transacoes_lista_id_fkey transacoes_usuario_id_fkey
        ix_transacoes_cpf_comprador ix_transacoes_id
        """,
    ),
    "checkins": (
        """
        id cpf nome evento_id usuario_id transacao_id metodo_checkin validacao_cpf ip_origem checkin_em
        """,
        """
        checkins_pkey checkins_evento_id_fkey checkins_usuario_id_fkey checkins_transacao_id_fkey
        ix_checkins_cpf ix_checkins_id
        """,
    ),
    "promoter_eventos": (
        """
        id promoter_id evento_id meta_vendas vendas_realizadas comissao_percentual ativo criado_em
        """,
        """
        promoter_eventos_pkey promoter_eventos_promoter_id_fkey promoter_eventos_evento_id_fkey
        ix_promoter_eventos_id
        """,
    ),
    "logs_auditoria": (
        """
        id cpf_usuario acao tabela_afetada registro_id dados_anteriores dados_novos ip_origem user_agent
        evento_id promoter_id status detalhes criado_em
        """,
        """
        logs_auditoria_pkey logs_auditoria_evento_id_fkey logs_auditoria_promoter_id_fkey
        ix_logs_auditoria_cpf_usuario ix_logs_auditoria_id
        """,
    ),
    "comandas": (
        """
        id numero_comanda cpf_cliente nome_cliente tipo codigo_rfid qr_code saldo_atual saldo_bloqueado
        status evento_id empresa_id criado_em atualizado_em
        """,
        """
        comandas_pkey comandas_numero_comanda_key comandas_codigo_rfid_key comandas_qr_code_key
        comandas_evento_id_fkey comandas_empresa_id_fkey ix_comandas_cpf_cliente ix_comandas_id
        """,
    ),
    "categorias_produtos": (
        """
        id nome descricao cor ativo evento_id empresa_id criado_em atualizado_em
        """,
        """
        categorias_produtos_pkey categorias_produtos_evento_id_fkey categorias_produtos_empresa_id_fkey
        idx_categorias_produtos_evento_id ix_categorias_produtos_id ix_categorias_produtos_nome
        """,
    ),
    "produtos": (
        """
        id nome descricao tipo preco codigo_interno estoque_atual estoque_minimo estoque_maximo
        controla_estoque status categoria imagem_url empresa_id criado_em atualizado_em
        """,
        """
        produtos_pkey produtos_empresa_id_fkey idx_produtos_categoria idx_produtos_empresa_id
        idx_produtos_nome ix_produtos_id
        """,
    ),
    "vendas_pdv": (
        """
        id numero_venda cpf_cliente nome_cliente valor_total valor_desconto valor_final tipo_pagamento
        status comanda_id evento_id empresa_id usuario_vendedor_id promoter_id cupom_codigo observacoes
        ip_origem criado_em atualizado_em
        """,
        """
        vendas_pdv_pkey vendas_pdv_numero_venda_key vendas_pdv_comanda_id_fkey vendas_pdv_evento_id_fkey
        vendas_pdv_empresa_id_fkey vendas_pdv_usuario_vendedor_id_fkey vendas_pdv_promoter_id_fkey
        ix_vendas_pdv_cpf_cliente ix_vendas_pdv_id
        """,
    ),
    "itens_venda_pdv": (
        """
        id venda_id produto_id quantidade preco_unitario preco_total desconto_aplicado observacoes criado_em
        """,
        """
        itens_venda_pdv_pkey itens_venda_pdv_venda_id_fkey itens_venda_pdv_produto_id_fkey
        ix_itens_venda_pdv_id
        """,
    ),
    "pagamentos_pdv": (
        """
        id venda_id tipo_pagamento valor codigo_transacao promoter_id comissao_percentual valor_comissao
        status detalhes criado_em
        """,
        """
        pagamentos_pdv_pkey pagamentos_pdv_venda_id_fkey pagamentos_pdv_promoter_id_fkey
        ix_pagamentos_pdv_id
        """,
    ),
    "recargas_comanda": (
        """
        id comanda_id valor tipo_pagamento codigo_transacao usuario_id status criado_em
        """,
        """
        recargas_comanda_pkey recargas_comanda_comanda_id_fkey recargas_comanda_usuario_id_fkey
        ix_recargas_comanda_id
        """,
    ),
    "movimentos_estoque": (
        """
        id produto_id tipo_movimento quantidade estoque_anterior estoque_atual motivo venda_id usuario_id
        criado_em
        """,
        """
        movimentos_estoque_pkey movimentos_estoque_produto_id_fkey movimentos_estoque_venda_id_fkey
        movimentos_estoque_usuario_id_fkey ix_movimentos_estoque_id
        """,
    ),
    "caixa_pdv": (
        """
        id numero_caixa evento_id usuario_operador_id valor_abertura valor_vendas valor_sangrias
        valor_fechamento status data_abertura data_fechamento observacoes
        """,
        """
        caixa_pdv_pkey caixa_pdv_evento_id_fkey caixa_pdv_usuario_operador_id_fkey ix_caixa_pdv_id
        """,
    ),
    "movimentacoes_financeiras": (
        """
        id evento_id tipo categoria descricao valor status usuario_responsavel_id promoter_id
        comprovante_url numero_documento observacoes data_vencimento data_pagamento metodo_pagamento
        criado_em atualizado_em
        """,
        """
        movimentacoes_financeiras_pkey movimentacoes_financeiras_evento_id_fkey
        movimentacoes_financeiras_usuario_responsavel_id_fkey movimentacoes_financeiras_promoter_id_fkey
        ix_movimentacoes_financeiras_id
        """,
    ),
    "caixas_eventos": (
        """
        id evento_id data_abertura data_fechamento saldo_inicial total_entradas total_saidas
        total_vendas_pdv total_vendas_listas saldo_final status usuario_abertura_id usuario_fechamento_id
        observacoes_abertura observacoes_fechamento
        """,
        """
        caixas_eventos_pkey caixas_eventos_evento_id_fkey caixas_eventos_usuario_abertura_id_fkey
        caixas_eventos_usuario_fechamento_id_fkey ix_caixas_eventos_id
        """,
    ),
    "conquistas": (
        """
        id nome descricao tipo criterio_valor badge_nivel icone ativa criado_em
        """,
        """
        conquistas_pkey ix_conquistas_id
        """,
    ),
    "promoter_conquistas": (
        """
        id promoter_id conquista_id evento_id valor_alcancado data_conquista notificado
        """,
        """
        promoter_conquistas_pkey promoter_conquistas_promoter_id_fkey promoter_conquistas_conquista_id_fkey
        promoter_conquistas_evento_id_fkey ix_promoter_conquistas_id
        """,
    ),
    "metricas_promoters": (
        """
        id promoter_id evento_id periodo_inicio periodo_fim total_vendas receita_gerada total_convidados
        total_presentes taxa_presenca taxa_conversao crescimento_vendas posicao_vendas posicao_presenca
        posicao_geral badge_atual atualizado_em
        """,
        """
        metricas_promoters_pkey metricas_promoters_promoter_id_fkey metricas_promoters_evento_id_fkey
        ix_metricas_promoters_id
        """,
    ),
    "clientes_eventos": (
        """
        id cpf nome_completo nome_social data_nascimento nome_mae telefone email status criado_em
        atualizado_em
        """,
        """
        clientes_eventos_pkey ix_clientes_eventos_cpf ix_clientes_eventos_id
        """,
    ),
    "validacoes_acesso": (
        """
        id evento_id cliente_id cpf_hash qr_code_data cpf_digits ip_address user_agent timestamp_validacao
        sucesso motivo_falha latitude longitude device_info criado_em
        """,
        """
        validacoes_acesso_pkey validacoes_acesso_evento_id_fkey validacoes_acesso_cliente_id_fkey
        idx_validacoes_evento_id idx_validacoes_timestamp ix_validacoes_acesso_id
        """,
    ),
    "equipamentos_eventos": (
        """
        id evento_id nome tipo ip_address mac_address status ultima_atividade configuracao localizacao
        responsavel_id heartbeat_interval criado_em atualizado_em
        """,
        """
        equipamentos_eventos_pkey equipamentos_eventos_evento_id_fkey
        equipamentos_eventos_responsavel_id_fkey idx_equipamentos_evento_id ix_equipamentos_eventos_id
        """,
    ),
    "sessoes_operadores": (
        """
        id usuario_id evento_id equipamento_id token_sessao ip_address inicio_sessao fim_sessao ativo
        configuracoes criado_em
        """,
        """
        sessoes_operadores_pkey sessoes_operadores_usuario_id_fkey sessoes_operadores_evento_id_fkey
        sessoes_operadores_equipamento_id_fkey sessoes_operadores_token_sessao_key idx_sessoes_usuario_id
        ix_sessoes_operadores_id
        """,
    ),
    "previsoes_ia": (
        """
        id evento_id tipo_previsao dados_entrada resultado_previsao confiabilidade timestamp_previsao
        aplicada feedback_real precisao_real criado_em
        """,
        """
        previsoes_ia_pkey previsoes_ia_evento_id_fkey idx_previsoes_evento_id ix_previsoes_ia_id
        """,
    ),
    "analytics_meep": (
        """
        id evento_id metrica valor valor_anterior percentual_mudanca periodo timestamp_coleta
        dados_detalhados alertas criado_em
        """,
        """
        analytics_meep_pkey analytics_meep_evento_id_fkey idx_analytics_evento_id ix_analytics_meep_id
        """,
    ),
    "logs_seguranca_meep": (
        """
        id evento_id tipo_evento gravidade ip_address user_agent dados_evento usuario_id resolvido
        timestamp_evento criado_em
        """,
        """
        logs_seguranca_meep_pkey logs_seguranca_meep_evento_id_fkey logs_seguranca_meep_usuario_id_fkey
        idx_logs_evento_id idx_logs_timestamp ix_logs_seguranca_meep_id
        """,
    ),
    "operacoes_import_export": (
        """
        id tipo_operacao nome_arquivo formato_arquivo tamanho_arquivo usuario_id evento_id empresa_id status
        total_registros registros_processados registros_sucesso registros_erro registros_aviso
        mapeamento_campos filtros_aplicados campos_personalizados inicio_processamento fim_processamento
        criado_em log_detalhado url_arquivo_resultado resumo_operacao
        """,
        """
        operacoes_import_export_pkey operacoes_import_export_usuario_id_fkey
        operacoes_import_export_evento_id_fkey operacoes_import_export_empresa_id_fkey
        idx_operacoes_import_export_criado_em idx_operacoes_import_export_evento_id
        idx_operacoes_import_export_usuario_id ix_operacoes_import_export_id
        """,
    ),
    "validacoes_importacao": (
        """
        id operacao_id linha_arquivo campo tipo_validacao status mensagem valor_original valor_sugerido
        corrigido criado_em
        """,
        """
        validacoes_importacao_pkey validacoes_importacao_operacao_id_fkey
        idx_validacoes_importacao_operacao_id ix_validacoes_importacao_id
        """,
    ),
    "templates_importacao": (
        """
        id nome descricao formato mapeamento_padrao campos_obrigatorios validacoes_personalizadas ativo
        usuario_criador_id empresa_id criado_em atualizado_em
        """,
        """
        templates_importacao_pkey templates_importacao_usuario_criador_id_fkey
        templates_importacao_empresa_id_fkey ix_templates_importacao_id
        """,
    ),
    "formas_pagamento": (
        """
        id nome codigo tipo status descricao taxa_percentual taxa_fixa tempo_compensacao limite_minimo
        limite_maximo icone cor_hex configuracoes_extras ordem_exibicao ativo criado_em atualizado_em
        criado_por
        """,
        """
        formas_pagamento_pkey formas_pagamento_nome_key formas_pagamento_codigo_key
        formas_pagamento_criado_por_fkey ix_formas_pagamento_id
        """,
    ),
}


def upgrade() -> None:
    for table, (columns, keep) in SCHEMA.items():
        op.drop_strays(table, columns, keep)


def downgrade() -> None:
    op.restore_strays(*reversed(SCHEMA))
