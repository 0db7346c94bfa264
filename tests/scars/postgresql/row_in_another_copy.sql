-- A row that only one copy of produtos has, and sales that refer to it by another: the rebuild at start-up came after a
-- copy was made, and after the row was deleted past the keys.
-- scripts: backend/app/migrations/auto_migrate.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_bkp AS SELECT * FROM produtos;
SET session_replication_role = replica;
DELETE FROM produtos WHERE id = 6;
RESET session_replication_role;
CREATE TABLE produtos_backup_deploy AS SELECT * FROM produtos;
CREATE TABLE produtos_new_deploy (
    id SERIAL PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, preco NUMERIC(10, 2) NOT NULL,
    categoria VARCHAR(100), tipo VARCHAR(50) NOT NULL, codigo_interno VARCHAR(100), imagem_url TEXT,
    estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0, estoque_maximo INTEGER DEFAULT 1000,
    controla_estoque BOOLEAN DEFAULT false, status VARCHAR(20) DEFAULT 'ATIVO', empresa_id INTEGER,
    criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP, atualizado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
INSERT INTO produtos_new_deploy (id, nome, descricao, preco, categoria, tipo, codigo_interno, imagem_url, estoque_atual,
    estoque_minimo, estoque_maximo, controla_estoque, status, empresa_id, criado_em, atualizado_em)
SELECT id, nome, descricao, preco, categoria, tipo, codigo_interno, imagem_url, estoque_atual,
    estoque_minimo, estoque_maximo, controla_estoque, status, empresa_id, criado_em, atualizado_em FROM produtos;
ALTER TABLE produtos RENAME TO produtos_old_deploy;
ALTER TABLE produtos_new_deploy RENAME TO produtos;
SELECT setval('produtos_id_seq', (SELECT coalesce(max(id), 1) FROM produtos));
CREATE INDEX IF NOT EXISTS idx_produtos_categoria ON produtos (categoria);
CREATE INDEX IF NOT EXISTS idx_produtos_tipo ON produtos (tipo);
CREATE INDEX IF NOT EXISTS idx_produtos_status ON produtos (status);
CREATE INDEX IF NOT EXISTS idx_produtos_empresa_id ON produtos (empresa_id);
