-- A second type column that may be NULL: a copy of tipo for most, nothing for some, something else for one.
-- scripts: fix_postgresql_manual.sql, fix_schema_migration_urgent.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20);
-- next transaction
UPDATE usuarios SET tipo_usuario = tipo::text WHERE id % 4 <> 0;
UPDATE usuarios SET tipo_usuario = 'promoter' WHERE id = (SELECT min(id) FROM usuarios);
