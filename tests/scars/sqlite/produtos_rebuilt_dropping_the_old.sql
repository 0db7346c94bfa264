-- produtos rebuilt without evento_id and without its keys and index; the old table dropped, so the event of each
-- product is lost for good.
-- scripts: migrate_debug.py, run_migration.py
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
INSERT INTO produtos_temp (id, nome, descricao, tipo, preco, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, categoria, imagem_url, empresa_id, criado_em, atualizado_em)
    SELECT id, nome, descricao, tipo, preco, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, categoria, imagem_url, empresa_id, criado_em, atualizado_em FROM produtos;
DROP TABLE produtos;
ALTER TABLE produtos_temp RENAME TO produtos;
