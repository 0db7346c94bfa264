-- Both category tables, and tables of somebody else's that refer to the old one without an id of their own.
-- scripts: backend/create_categorias_table.py
-- needs: states 16-27
-- touches: categorias_produtos, eventos, empresas
-- absent: produtos_categorias
-- outcome: home
CREATE TABLE produtos_categorias (
    id INTEGER NOT NULL, nome VARCHAR(100) NOT NULL, descricao TEXT, cor VARCHAR(7), ativo BOOLEAN, evento_id INTEGER NOT NULL,
    empresa_id INTEGER, criado_em DATETIME DEFAULT (CURRENT_TIMESTAMP), atualizado_em DATETIME, PRIMARY KEY (id));
INSERT INTO produtos_categorias SELECT id, nome || '?', descricao, cor, ativo, evento_id, empresa_id, criado_em, atualizado_em
    FROM categorias_produtos;
CREATE TABLE vitrines (codigo TEXT PRIMARY KEY, categoria INTEGER REFERENCES produtos_categorias (id)) WITHOUT ROWID;
INSERT INTO vitrines SELECT 'v' || id, id FROM produtos_categorias;
CREATE TABLE cardapios (pagina INTEGER, categoria INTEGER REFERENCES produtos_categorias (id),
    PRIMARY KEY (pagina, categoria));
INSERT INTO cardapios SELECT 1, id FROM produtos_categorias;
CREATE TABLE etiquetas (texto TEXT, categoria INTEGER REFERENCES produtos_categorias);
INSERT INTO etiquetas SELECT 'igual', id FROM produtos_categorias;
DELETE FROM etiquetas WHERE rowid = 2;
