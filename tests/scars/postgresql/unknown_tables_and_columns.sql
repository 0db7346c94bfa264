-- Things of somebody else's, to be left alone: tables that refer to known ones (one with a name like a leftover's),
-- columns of known tables, an enum type, a function.
-- scripts: backend/compatibility_analyzer.py
-- needs: states 3-27
-- touches: usuarios, eventos, produtos
-- outcome: home
CREATE TYPE nivel_acesso AS ENUM ('pista', 'camarote');
CREATE TABLE acessos_vip (
    id SERIAL PRIMARY KEY, usuario_id INTEGER NOT NULL REFERENCES usuarios (id), evento_id INTEGER
    REFERENCES eventos (id) ON DELETE CASCADE,
    nivel nivel_acesso NOT NULL DEFAULT 'camarote', emitido_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP, UNIQUE (usuario_id, evento_id));
CREATE INDEX acessos_vip_nivel ON acessos_vip (nivel) WHERE nivel = 'camarote';
INSERT INTO acessos_vip (usuario_id, evento_id, emitido_em) SELECT id, NULL, TIMESTAMP '2025-08-20 20:00:00' FROM usuarios;
CREATE TABLE fornecedores_produtos (
    produto_id INTEGER REFERENCES produtos (id), fornecedor TEXT, preco NUMERIC(10, 4), PRIMARY KEY (produto_id, fornecedor));
INSERT INTO fornecedores_produtos SELECT id, 'Distribuidora ' || id, 3.1415 FROM produtos;
CREATE TABLE produtos_new_arrivals (id SERIAL PRIMARY KEY, titulo TEXT NOT NULL, chegada DATE, quantidade INTEGER, lote TEXT,
    doca TEXT);
INSERT INTO produtos_new_arrivals (titulo, chegada, quantidade) VALUES ('Gin 1 l', DATE '2025-09-01', 24);
CREATE TABLE anotacoes (texto TEXT);
INSERT INTO anotacoes VALUES ('sem chave'), ('sem chave'), (NULL);
ALTER TABLE usuarios ADD COLUMN apelido TEXT;
UPDATE usuarios SET apelido = 'apelido ' || id WHERE id % 2 = 0;
ALTER TABLE eventos ADD COLUMN mapa JSONB NOT NULL DEFAULT '{}';
CREATE FUNCTION total_de_usuarios() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT count(*) FROM usuarios';
