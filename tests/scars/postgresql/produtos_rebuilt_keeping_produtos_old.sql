-- The retrying production script: two copies of two attempts, produtos rebuilt with zero for every default,
-- produtos_old kept because two foreign keys follow it, and the sequence of the old table set instead of the new
-- one's.
-- scripts: migrate_postgres_auto_retry.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_backup_20250827_101459 AS SELECT * FROM produtos;
-- next transaction
CREATE TABLE produtos_backup_20250827_101522 AS SELECT * FROM produtos;
-- next transaction
CREATE TABLE produtos_new (
    id SERIAL PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(50) NOT NULL, preco DECIMAL(10, 2) NOT NULL,
    codigo_interno VARCHAR(100), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0,
    estoque_maximo INTEGER DEFAULT 0,
    controla_estoque BOOLEAN DEFAULT true, status VARCHAR(20) DEFAULT 'ATIVO', categoria VARCHAR(100), imagem_url TEXT,
    empresa_id INTEGER, criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP, atualizado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
INSERT INTO produtos_new (id, nome, descricao, preco, categoria, tipo, codigo_interno, imagem_url, estoque_atual,
    estoque_minimo, estoque_maximo, controla_estoque, status, empresa_id, criado_em, atualizado_em)
SELECT id, nome, descricao, preco, categoria, tipo, codigo_interno, imagem_url, estoque_atual,
    estoque_minimo, estoque_maximo, controla_estoque, status, empresa_id, criado_em, atualizado_em FROM produtos;
ALTER TABLE produtos RENAME TO produtos_old;
ALTER TABLE produtos_new RENAME TO produtos;
CREATE INDEX idx_produtos_categoria ON produtos (categoria);
CREATE INDEX idx_produtos_tipo ON produtos (tipo);
CREATE INDEX idx_produtos_status ON produtos (status);
CREATE INDEX idx_produtos_empresa_id ON produtos (empresa_id);
SELECT setval('produtos_id_seq', (SELECT max(id) FROM produtos));
