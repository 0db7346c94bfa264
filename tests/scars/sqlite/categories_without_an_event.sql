-- Categories that name no event, products that name them, and the table that took their place, still empty.
-- scripts: backend/create_categorias_table.py
-- needs: states 13-15
-- touches: produtos_categorias, produtos
-- absent: categorias_produtos
-- outcome: home
INSERT INTO produtos_categorias (nome) VALUES ('Bebidas');
UPDATE produtos_categorias SET evento_id = NULL;
UPDATE produtos SET categoria_id = (SELECT max(id) FROM produtos_categorias) WHERE id = 2;
CREATE TABLE categorias_produtos (
    id INTEGER NOT NULL, nome VARCHAR(100) NOT NULL, descricao TEXT, cor VARCHAR(7), ativo BOOLEAN, evento_id INTEGER NOT NULL,
    empresa_id INTEGER, criado_em DATETIME DEFAULT (CURRENT_TIMESTAMP), atualizado_em DATETIME, PRIMARY KEY (id),
    FOREIGN KEY(evento_id) REFERENCES eventos (id), FOREIGN KEY(empresa_id) REFERENCES empresas (id));
