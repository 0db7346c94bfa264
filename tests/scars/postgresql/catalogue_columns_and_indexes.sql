-- The whole import/export script: fifteen catalogue columns (three with a default), three tables unless they exist,
-- twelve indexes. Only what was missing is as the script has it.
-- scripts: backend/create_import_export_tables.py
-- needs: states 3-27
-- touches: produtos, usuarios, eventos, empresas
-- outcome: home
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS marca VARCHAR(100);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS fornecedor VARCHAR(200);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS preco_custo NUMERIC(10, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS margem_lucro NUMERIC(5, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS unidade_medida VARCHAR(10) DEFAULT 'UN';
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS volume NUMERIC(8, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS teor_alcoolico NUMERIC(4, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS temperatura_ideal VARCHAR(20);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS validade_dias INTEGER;
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS ncm VARCHAR(8);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS icms NUMERIC(5, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS ipi NUMERIC(5, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS destaque BOOLEAN DEFAULT false;
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS promocional BOOLEAN DEFAULT false;
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS observacoes TEXT;
CREATE TABLE IF NOT EXISTS operacoes_import_export (
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
CREATE TABLE IF NOT EXISTS validacoes_importacao (
    id SERIAL PRIMARY KEY, operacao_id INTEGER REFERENCES operacoes_import_export (id) ON DELETE CASCADE,
    linha_arquivo INTEGER NOT NULL,
    campo VARCHAR(100), tipo_validacao VARCHAR(50), status VARCHAR(20) NOT NULL CHECK (status IN ('VALIDO', 'ERRO_CRITICO',
    'AVISO')),
    mensagem TEXT NOT NULL, valor_original VARCHAR(500), valor_sugerido VARCHAR(500), corrigido BOOLEAN DEFAULT false,
    criado_em TIMESTAMPTZ DEFAULT now());
CREATE TABLE IF NOT EXISTS templates_importacao (
    id SERIAL PRIMARY KEY, nome VARCHAR(100) NOT NULL, descricao TEXT, formato VARCHAR(10) NOT NULL,
    mapeamento_padrao TEXT NOT NULL,
    campos_obrigatorios TEXT, validacoes_personalizadas TEXT, ativo BOOLEAN DEFAULT true, usuario_criador_id INTEGER
    REFERENCES usuarios (id),
    empresa_id INTEGER REFERENCES empresas (id), criado_em TIMESTAMPTZ DEFAULT now(), atualizado_em TIMESTAMPTZ DEFAULT now());
CREATE INDEX IF NOT EXISTS idx_operacoes_import_export_usuario_id ON operacoes_import_export (usuario_id);
CREATE INDEX IF NOT EXISTS idx_operacoes_import_export_evento_id ON operacoes_import_export (evento_id);
CREATE INDEX IF NOT EXISTS idx_operacoes_import_export_status ON operacoes_import_export (status);
CREATE INDEX IF NOT EXISTS idx_operacoes_import_export_criado_em ON operacoes_import_export (criado_em);
CREATE INDEX IF NOT EXISTS idx_validacoes_importacao_operacao_id ON validacoes_importacao (operacao_id);
CREATE INDEX IF NOT EXISTS idx_validacoes_importacao_status ON validacoes_importacao (status);
CREATE INDEX IF NOT EXISTS idx_templates_importacao_ativo ON templates_importacao (ativo);
CREATE INDEX IF NOT EXISTS idx_produtos_marca ON produtos (marca);
CREATE INDEX IF NOT EXISTS idx_produtos_fornecedor ON produtos (fornecedor);
CREATE INDEX IF NOT EXISTS idx_produtos_ncm ON produtos (ncm);
CREATE INDEX IF NOT EXISTS idx_produtos_destaque ON produtos (destaque);
CREATE INDEX IF NOT EXISTS idx_produtos_promocional ON produtos (promocional);
-- next transaction
INSERT INTO operacoes_import_export (tipo_operacao, nome_arquivo, formato_arquivo, usuario_id, status, criado_em)
    SELECT 'EXPORTACAO', 'produtos.xlsx', 'xlsx', id, 'CONCLUIDA', TIMESTAMPTZ '2025-08-19 10:00:00Z'
    FROM usuarios ORDER BY id LIMIT 1;
INSERT INTO templates_importacao (nome, formato, mapeamento_padrao, usuario_criador_id, criado_em, atualizado_em)
    SELECT 'Planilha padrão', 'xlsx', '{"nome": "A"}', id, TIMESTAMPTZ '2025-08-19 10:00:00Z', TIMESTAMPTZ '2025-08-19 10:00:00Z'
    FROM usuarios ORDER BY id LIMIT 1;
