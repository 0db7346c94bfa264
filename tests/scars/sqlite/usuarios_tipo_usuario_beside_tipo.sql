-- 30 Aug: a second, empty type column.
-- scripts: fix_schema_migration_urgent.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20);
UPDATE usuarios SET tipo_usuario = lower(tipo) WHERE id % 3 = 0;
