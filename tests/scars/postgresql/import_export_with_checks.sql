-- The import/export script before the application's own tables: checked text where the models have enums, keys that
-- may be NULL, ON DELETE CASCADE. States from 12 on keep their own tables.
-- scripts: backend/create_import_export_tables.py
-- needs: states 1-11
-- touches: usuarios, eventos, empresas
-- absent: operacoes_import_export, validacoes_importacao
-- outcome: home
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
CREATE TABLE validacoes_importacao (
    id SERIAL PRIMARY KEY, operacao_id INTEGER REFERENCES operacoes_import_export (id) ON DELETE CASCADE,
    linha_arquivo INTEGER NOT NULL,
    campo VARCHAR(100), tipo_validacao VARCHAR(50), status VARCHAR(20) NOT NULL CHECK (status IN ('VALIDO', 'ERRO_CRITICO',
    'AVISO')),
    mensagem TEXT NOT NULL, valor_original VARCHAR(500), valor_sugerido VARCHAR(500), corrigido BOOLEAN DEFAULT false,
    criado_em TIMESTAMPTZ DEFAULT now());
CREATE INDEX idx_operacoes_import_export_status ON operacoes_import_export (status);
CREATE INDEX idx_validacoes_importacao_operacao_id ON validacoes_importacao (operacao_id);
INSERT INTO operacoes_import_export (tipo_operacao, nome_arquivo, formato_arquivo, usuario_id, status)
    SELECT 'IMPORTACAO', 'produtos.csv', 'csv', min(id), 'ERRO' FROM usuarios;
INSERT INTO validacoes_importacao (operacao_id, linha_arquivo, status, mensagem)
    SELECT id, 3, 'ERRO_CRITICO', 'preço inválido' FROM operacoes_import_export;
