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
    id SERIAL PRIMARY KEY, nome VARCHAR(100) NOT NULL, descricao TEXT, cor VARCHAR(7), ativo BOOLEAN,
    evento_id INTEGER NOT NULL REFERENCES eventos (id), empresa_id INTEGER REFERENCES empresas (id),
    criado_em TIMESTAMPTZ DEFAULT now(), atualizado_em TIMESTAMPTZ);
