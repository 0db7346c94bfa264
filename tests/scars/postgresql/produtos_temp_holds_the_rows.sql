-- The SQLite clean-up pasted into the console, with CASCADE where DROP TABLE was refused, and stopped before its
-- rename: no produtos, every row in produtos_temp, the foreign keys of sales gone.
-- scripts: backend/produtos_cleanup_migration_sqlite.sql, backend/apply_produtos_cleanup.py
-- needs: states 3-23
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_temp (
    id SERIAL PRIMARY KEY, nome VARCHAR(100) NOT NULL, tipo VARCHAR(20) DEFAULT 'PRODUTO', preco DECIMAL(10, 2) NOT NULL,
    categoria VARCHAR(50), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0, estoque_maximo INTEGER DEFAULT 1000,
    controla_estoque BOOLEAN DEFAULT true, status VARCHAR(20) DEFAULT 'ATIVO', imagem_url VARCHAR(255),
    codigo_interno VARCHAR(50) UNIQUE, criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    atualizado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
INSERT INTO produtos_temp SELECT id, nome, tipo, preco, categoria, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, imagem_url, codigo_interno, criado_em, atualizado_em FROM produtos;
-- next transaction
DROP TABLE produtos CASCADE;
