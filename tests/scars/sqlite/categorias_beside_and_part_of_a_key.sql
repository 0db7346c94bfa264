-- Both category tables, and a table of somebody else's whose only key holds a category that gets another id.
-- scripts: backend/create_categorias_table.py
-- needs: states 16-27
-- touches: categorias_produtos, eventos, empresas
-- absent: produtos_categorias
-- outcome: refused: cardapios.categoria: values change, and they are part of the only key that tells its rows apart
CREATE TABLE produtos_categorias (
    id INTEGER NOT NULL, nome VARCHAR(100) NOT NULL, descricao TEXT, cor VARCHAR(7), ativo BOOLEAN, evento_id INTEGER NOT NULL,
    empresa_id INTEGER, criado_em DATETIME DEFAULT (CURRENT_TIMESTAMP), atualizado_em DATETIME, PRIMARY KEY (id));
INSERT INTO produtos_categorias SELECT id, nome || '?', descricao, cor, ativo, evento_id, empresa_id, criado_em, atualizado_em
    FROM categorias_produtos;
CREATE TABLE cardapios (pagina INTEGER, categoria INTEGER REFERENCES produtos_categorias (id),
    PRIMARY KEY (pagina, categoria)) WITHOUT ROWID;
INSERT INTO cardapios SELECT 1, id FROM produtos_categorias;
