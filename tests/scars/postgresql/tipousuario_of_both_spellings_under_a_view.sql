-- The labels in both spellings, in the schema's own order, rows of both; a view, an index of an unknown
-- table and a default that name the lower one, alone and in an array: nothing goes blind.
-- scripts: fix_enum_migration.sql
-- needs: states 9-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE 'admin';
ALTER TYPE tipousuario ADD VALUE 'promoter';
ALTER TYPE tipousuario ADD VALUE 'cliente';
-- next transaction
UPDATE usuarios SET tipo = lower(tipo::text)::tipousuario WHERE id % 2 = 0;
CREATE VIEW v_admins AS SELECT id, nome FROM usuarios WHERE tipo = 'admin' OR tipo = ANY ('{promoter}'::tipousuario[]);
CREATE TABLE lojistas (id integer PRIMARY KEY, perfil tipousuario DEFAULT 'cliente');
INSERT INTO lojistas VALUES (1, 'ADMIN'), (2, 'CLIENTE');
CREATE INDEX lojistas_admins ON lojistas (id) WHERE perfil = 'admin';
