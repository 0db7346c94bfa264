-- Columns computed from ones that the schema no longer has, one from another, one with an index, one that is never known.
-- scripts: optimize_database.py
-- needs: states 13-18
-- touches: produtos
-- outcome: home
ALTER TABLE produtos ADD COLUMN evento_dobro INTEGER GENERATED ALWAYS AS (evento_id * 2) VIRTUAL;
ALTER TABLE produtos ADD COLUMN rotulo TEXT AS (upper(marca) || ' ' || evento_dobro) VIRTUAL;
ALTER TABLE produtos ADD COLUMN nada TEXT AS (nullif(marca, marca));
ALTER TABLE produtos ADD COLUMN nome_maiusculo TEXT AS (upper(nome));
CREATE INDEX idx_produtos_rotulo ON produtos (rotulo);
CREATE VIEW vw_rotulos AS SELECT id, rotulo FROM produtos;
