-- produtos rebuilt with an optional event, set to NULL in every row; produtos_old kept with keys and indexes, and the
-- foreign keys of two tables rewritten to point at it.
-- scripts: backend/fix_produtos_sqlite_migration.py
-- needs: states 13-18
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_new (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(8) NOT NULL, preco NUMERIC(10, 2) NOT NULL,
    codigo_barras VARCHAR(50), codigo_interno VARCHAR(20), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0,
    estoque_maximo INTEGER DEFAULT 1000, controla_estoque BOOLEAN DEFAULT 1, status VARCHAR(8) DEFAULT 'ATIVO',
    categoria VARCHAR(100),
    categoria_id INTEGER, imagem_url VARCHAR(500), marca VARCHAR(100), fornecedor VARCHAR(200), preco_custo NUMERIC(10, 2),
    margem_lucro NUMERIC(5, 2), unidade_medida VARCHAR(10), volume NUMERIC(8, 2), teor_alcoolico NUMERIC(4, 2),
    temperatura_ideal VARCHAR(20), validade_dias INTEGER, ncm VARCHAR(8), icms NUMERIC(5, 2), ipi NUMERIC(5, 2), destaque BOOLEAN,
    promocional BOOLEAN, observacoes TEXT, evento_id INTEGER, empresa_id INTEGER, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP,
    atualizado_em DATETIME,
    FOREIGN KEY (evento_id) REFERENCES eventos (id), FOREIGN KEY (empresa_id) REFERENCES empresas (id));
INSERT INTO produtos_new (id, nome, descricao, tipo, preco, codigo_barras, codigo_interno, estoque_atual, estoque_minimo,
    estoque_maximo, controla_estoque, status,
    categoria, categoria_id, imagem_url, marca, fornecedor, preco_custo, margem_lucro, unidade_medida, volume, teor_alcoolico,
    temperatura_ideal, validade_dias, ncm, icms, ipi, destaque, promocional, observacoes, evento_id, empresa_id, criado_em,
    atualizado_em)
    SELECT id, nome, descricao, tipo, preco, codigo_barras, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status,
    categoria, categoria_id, imagem_url, marca, fornecedor, preco_custo, margem_lucro, unidade_medida, volume, teor_alcoolico,
    temperatura_ideal, validade_dias, ncm, icms, ipi, destaque, promocional, observacoes, NULL, empresa_id, criado_em,
    atualizado_em FROM produtos;
ALTER TABLE produtos RENAME TO produtos_old;
ALTER TABLE produtos_new RENAME TO produtos;
CREATE INDEX IF NOT EXISTS idx_produtos_nome ON produtos (nome);
CREATE INDEX IF NOT EXISTS idx_produtos_tipo ON produtos (tipo);
CREATE INDEX IF NOT EXISTS idx_produtos_categoria ON produtos (categoria);
CREATE INDEX IF NOT EXISTS idx_produtos_status ON produtos (status);
CREATE INDEX IF NOT EXISTS idx_produtos_evento_id ON produtos (evento_id);
CREATE INDEX IF NOT EXISTS idx_produtos_empresa_id ON produtos (empresa_id);
UPDATE produtos SET preco = preco + 1 WHERE id % 2 = 0;
