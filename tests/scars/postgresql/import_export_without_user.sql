-- A row the import/export script's table accepts and the models' does not: nobody ran the operation.
-- scripts: backend/create_import_export_tables.py
-- needs: states 1-11
-- touches: usuarios, eventos, empresas
-- absent: operacoes_import_export
-- outcome: refused: operacoes_import_export.usuario_id: 1 row holds NULL where the schema needs a value
CREATE TABLE operacoes_import_export (
    id SERIAL PRIMARY KEY, tipo_operacao VARCHAR(20) NOT NULL CHECK (tipo_operacao IN ('IMPORTACAO', 'EXPORTACAO')),
    nome_arquivo VARCHAR(255) NOT NULL, formato_arquivo VARCHAR(10) NOT NULL, tamanho_arquivo INTEGER,
    usuario_id INTEGER REFERENCES usuarios (id), evento_id INTEGER REFERENCES eventos (id), empresa_id INTEGER
    REFERENCES empresas (id),
    status VARCHAR(20) DEFAULT 'PENDENTE' CHECK (status IN ('PENDENTE', 'PROCESSANDO', 'CONCLUIDA', 'ERRO', 'CANCELADA')),
    total_registros INTEGER DEFAULT 0, registros_processados INTEGER DEFAULT 0, registros_sucesso INTEGER DEFAULT 0,
    registros_erro INTEGER DEFAULT 0, registros_aviso INTEGER DEFAULT 0, mapeamento_campos TEXT, filtros_aplicados TEXT,
    campos_personalizados TEXT, inicio_processamento TIMESTAMPTZ, fim_processamento TIMESTAMPTZ,
    criado_em TIMESTAMPTZ DEFAULT now(),
    log_detalhado TEXT, url_arquivo_resultado VARCHAR(500), resumo_operacao TEXT);
-- next transaction
INSERT INTO operacoes_import_export (tipo_operacao, nome_arquivo, formato_arquivo) VALUES ('IMPORTACAO', 'convidados.csv', 'csv');
