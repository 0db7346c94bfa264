-- A key made by hand that a table nobody knows refers to.
-- scripts: migrate_postgres_production.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: refused: usuarios.telefone_unico has to change or go, and something needs it as it is: constraint fidelidade_telefone_fkey
ALTER TABLE usuarios ADD CONSTRAINT telefone_unico UNIQUE (telefone);
CREATE TABLE fidelidade (id serial PRIMARY KEY, telefone varchar(20) REFERENCES usuarios (telefone));
