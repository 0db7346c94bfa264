-- Things of somebody else's, to be left alone: tables that refer to known ones (one with a name like a leftover's),
-- columns of known tables.
-- scripts: backend/compatibility_analyzer.py
-- needs: states 3-27
-- touches: usuarios, eventos, produtos
-- outcome: home
CREATE TABLE acessos_vip (
    id INTEGER PRIMARY KEY, usuario_id INTEGER NOT NULL REFERENCES usuarios (id), evento_id INTEGER
    REFERENCES eventos (id) ON DELETE CASCADE,
    nivel TEXT NOT NULL DEFAULT 'camarote', UNIQUE (usuario_id, evento_id));
CREATE INDEX acessos_vip_nivel ON acessos_vip (nivel) WHERE nivel = 'camarote';
INSERT INTO acessos_vip (usuario_id) SELECT id FROM usuarios;
CREATE TABLE fornecedores_produtos (
    produto_id INTEGER REFERENCES produtos (id), fornecedor TEXT, preco NUMERIC, PRIMARY KEY (produto_id,
    fornecedor)) WITHOUT ROWID;
INSERT INTO fornecedores_produtos SELECT id, 'Distribuidora ' || id, 3.1415 FROM produtos;
CREATE TABLE produtos_new_arrivals (id INTEGER PRIMARY KEY, titulo TEXT NOT NULL, chegada DATE, quantidade INTEGER, lote TEXT,
    doca TEXT);
INSERT INTO produtos_new_arrivals (titulo, chegada, quantidade) VALUES ('Gin 1 l', '2025-09-01', 24);
CREATE TABLE anotacoes (texto TEXT);
INSERT INTO anotacoes VALUES ('sem chave'), ('sem chave'), (NULL);
ALTER TABLE usuarios ADD COLUMN apelido TEXT;
UPDATE usuarios SET apelido = 'apelido ' || id WHERE id % 2 = 0;
ALTER TABLE eventos ADD COLUMN mapa TEXT NOT NULL DEFAULT '{}';
