-- The more careful rebuild: foreign key to empresas and ix_produtos_id kept, server defaults and wider text left
-- behind.
-- scripts: migrate_simple.py, remove_evento_id_migration.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE produtos_new (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(50) NOT NULL, preco DECIMAL(10,2) NOT NULL,
    codigo_interno VARCHAR(20), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0,
    estoque_maximo INTEGER DEFAULT 1000,
    controla_estoque BOOLEAN DEFAULT 1, status VARCHAR(50) DEFAULT 'ATIVO', categoria VARCHAR(100), imagem_url VARCHAR(500),
    empresa_id INTEGER, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME, FOREIGN KEY (empresa_id)
    REFERENCES empresas (id));
INSERT INTO produtos_new (id, nome, descricao, tipo, preco, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, categoria, imagem_url, empresa_id, criado_em, atualizado_em)
    SELECT id, nome, descricao, tipo, preco, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, categoria, imagem_url, empresa_id, criado_em, atualizado_em FROM produtos;
DROP TABLE produtos;
ALTER TABLE produtos_new RENAME TO produtos;
CREATE INDEX ix_produtos_id ON produtos (id);
