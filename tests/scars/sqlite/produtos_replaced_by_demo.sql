-- After the rebuild that kept produtos_old, the demo script: every product deleted, five new ones under the same
-- numbers, while sales refer to the old ones in produtos_old.
-- scripts: backend/fix_produtos_sqlite_migration.py, create_demo_products.py
-- needs: states 3-18, 20
-- touches: produtos, empresas
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE produtos_new (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(50) NOT NULL, preco DECIMAL(10,2) NOT NULL,
    codigo_interno VARCHAR(20), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0,
    estoque_maximo INTEGER DEFAULT 1000,
    controla_estoque BOOLEAN DEFAULT 1, status VARCHAR(50) DEFAULT 'ATIVO', categoria VARCHAR(100), imagem_url VARCHAR(500),
    empresa_id INTEGER, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME);
INSERT INTO produtos_new (id, nome, descricao, tipo, preco, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, categoria, imagem_url, empresa_id, criado_em, atualizado_em)
    SELECT id, nome, descricao, tipo, preco, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status, categoria, imagem_url, empresa_id, criado_em, atualizado_em FROM produtos;
ALTER TABLE produtos RENAME TO produtos_old;
ALTER TABLE produtos_new RENAME TO produtos;
DELETE FROM produtos;
INSERT INTO produtos (nome, tipo, preco, codigo_interno, status, empresa_id, criado_em)
    SELECT d.column1, d.column2, d.column3, d.column4, 'ATIVO', e.id, '2025-08-28 12:00:00' FROM (VALUES
        ('Cerveja Pilsen', 'BEBIDA', 8.5, 'CERV001'), ('Caipirinha', 'BEBIDA', 18, 'DRINK001'), ('Hambúrguer', 'COMIDA', 25,
        'FOOD001'),
        ('Batata frita', 'COMIDA', 15, 'SIDE001'), ('Ingresso VIP', 'INGRESSO', 120, 'TICK001')) AS d,
        (SELECT id FROM empresas ORDER BY id LIMIT 1) AS e;
