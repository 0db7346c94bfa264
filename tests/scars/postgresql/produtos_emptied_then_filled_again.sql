-- After that script emptied produtos its sequence began at 1 again: new products have the numbers of the old ones,
-- while sales still refer to those in produtos_backup_evento_id.
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
-- next transaction
INSERT INTO produtos (nome, preco, tipo, codigo_interno, criado_em, atualizado_em) VALUES
    ('Guaraná', 7.00, 'BEBIDA', 'NOVO01', TIMESTAMP '2025-08-29 12:00:00', NULL),
    ('Pastel', 12.00, 'COMIDA', 'NOVO02', TIMESTAMP '2025-08-29 12:01:00', NULL);
