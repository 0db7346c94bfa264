-- The first production script as it really went: every copied row was refused (a time zone), the tables were swapped
-- all the same, and produtos is empty.
-- scripts: migrate_postgres_production.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_new (
    id SERIAL PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, preco NUMERIC(10, 2) NOT NULL, categoria VARCHAR(100),
    tipo VARCHAR(50) NOT NULL, codigo_interno VARCHAR(20), imagem_url TEXT, estoque_atual INTEGER DEFAULT 0,
    estoque_minimo INTEGER DEFAULT 0, estoque_maximo INTEGER DEFAULT 1000, controla_estoque BOOLEAN DEFAULT false,
    status VARCHAR(20) DEFAULT 'ATIVO', empresa_id INTEGER,
    criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP, atualizado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
-- next transaction
ALTER TABLE produtos RENAME TO produtos_backup_evento_id;
ALTER TABLE produtos_new RENAME TO produtos;
SELECT setval('produtos_id_seq', (SELECT max(id) FROM produtos));
