-- The first attempt at categories, under the name the models gave up a day later: two idx_ indexes, a foreign key with
-- a name of its own, five default rows.
-- scripts: backend/add_categorias_migration.py, backend/create_categorias_table.py
-- needs: states 3-12
-- touches: produtos, eventos, empresas
-- absent: produtos_categorias
-- outcome: home
CREATE TABLE produtos_categorias (
    id SERIAL PRIMARY KEY, nome VARCHAR(100) NOT NULL, descricao TEXT, cor VARCHAR(7), ativo BOOLEAN DEFAULT true,
    evento_id INTEGER NOT NULL REFERENCES eventos (id), empresa_id INTEGER REFERENCES empresas (id),
    criado_em TIMESTAMPTZ DEFAULT now(), atualizado_em TIMESTAMPTZ);
CREATE INDEX idx_produtos_categorias_nome ON produtos_categorias (nome);
CREATE INDEX idx_produtos_categorias_ativo ON produtos_categorias (ativo);
ALTER TABLE produtos ADD COLUMN categoria_id INTEGER;
ALTER TABLE produtos ADD CONSTRAINT fk_produtos_categoria_id FOREIGN KEY (categoria_id) REFERENCES produtos_categorias (id);
INSERT INTO produtos_categorias (nome, cor, evento_id, criado_em)
    SELECT nome, '#3b82f6', (SELECT min(id) FROM eventos), TIMESTAMPTZ '2025-08-18 23:40:00Z'
    FROM (VALUES (1, 'Bebidas'), (2, 'Comidas'), (3, 'Sobremesas'), (4, 'Aperitivos'), (5, 'Drinks')) AS d (ordem, nome)
    WHERE EXISTS (SELECT 1 FROM eventos) ORDER BY ordem;
-- next transaction
UPDATE produtos SET categoria_id = (SELECT min(id) FROM produtos_categorias WHERE nome = 'Bebidas') WHERE id % 2 = 1;
