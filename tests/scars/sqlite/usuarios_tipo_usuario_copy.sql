-- tipo_usuario as a copy of tipo, in its case; two users disagree, one has none.
-- scripts: fix_schema_migration_urgent.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20);
UPDATE usuarios SET tipo_usuario = tipo WHERE id <> 2;
UPDATE usuarios SET tipo_usuario = 'CLIENTE' WHERE id IN (1, 3);
