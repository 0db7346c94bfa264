-- After the rebuild that kept produtos_old a product was added, and a sold one deleted: only produtos_old has the row
-- that sales refer to.
-- scripts: backend/fix_produtos_sqlite_migration.py
-- needs: states 3-18, 20
-- touches: produtos, itens_venda_pdv
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
INSERT INTO produtos (id, nome, tipo, preco, criado_em) SELECT max(id) + 1, 'Água com gás', 'BEBIDA', 6.5, '2025-08-29 12:05:00'
    FROM produtos
    HAVING count(*) > 0;
DELETE FROM produtos WHERE id = (SELECT min(produto_id) FROM itens_venda_pdv);
