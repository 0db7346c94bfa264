-- The development database after the SQLite scripts: produtos rebuilt as plain text columns without keys, the old
-- table kept, and the foreign keys of two tables rewritten by the rename to point at it.
-- scripts: migrate_debug.py, backend/fix_produtos_sqlite_migration.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE produtos_temp (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(50) NOT NULL, preco DECIMAL(10,2) NOT NULL,
    codigo_interno VARCHAR(20), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0,
    estoque_maximo INTEGER DEFAULT 1000,
    controla_estoque BOOLEAN DEFAULT 1, status VARCHAR(50) DEFAULT 'ATIVO', categoria VARCHAR(100), imagem_url VARCHAR(500),
    empresa_id INTEGER, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME);
INSERT INTO produtos_temp SELECT id, nome, descricao, tipo, preco, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, categoria, imagem_url, empresa_id, criado_em, atualizado_em FROM produtos;
ALTER TABLE produtos RENAME TO produtos_old;
ALTER TABLE produtos_temp RENAME TO produtos;
CREATE INDEX idx_produtos_categoria ON produtos (categoria);
CREATE INDEX idx_produtos_tipo ON produtos (tipo);
CREATE INDEX idx_produtos_status ON produtos (status);
CREATE INDEX idx_produtos_empresa_id ON produtos (empresa_id);
