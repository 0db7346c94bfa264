-- Tables of somebody else's that refer to the categories: one known by another key, one by its key and the category,
-- one by nothing at all.
-- scripts: backend/create_produtos_migration.py
-- needs: states 13-15
-- touches: produtos_categorias
-- outcome: home
CREATE TABLE vitrines (codigo TEXT PRIMARY KEY, categoria INTEGER REFERENCES produtos_categorias (id), texto TEXT);
INSERT INTO vitrines SELECT 'v' || id, id, 'vitrine ' || id FROM produtos_categorias;
CREATE TABLE cardapios (pagina INTEGER, categoria INTEGER REFERENCES produtos_categorias (id),
    PRIMARY KEY (pagina, categoria)) WITHOUT ROWID;
INSERT INTO cardapios SELECT 1, id FROM produtos_categorias WHERE evento_id IS NOT NULL;
CREATE TABLE etiquetas (texto TEXT, categoria INTEGER REFERENCES produtos_categorias);
INSERT INTO etiquetas SELECT 'igual', id FROM produtos_categorias UNION ALL SELECT 'igual', id FROM produtos_categorias;
DELETE FROM etiquetas WHERE rowid = 2;
