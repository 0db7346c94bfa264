-- tipo put back beside tipo_usuario as a copy that may be NULL; one user has it in tipo_usuario only.
-- scripts: fix_schema_migration_urgent.py
-- needs: states 23-24
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo VARCHAR(8);
UPDATE usuarios SET tipo = tipo_usuario;
UPDATE usuarios SET tipo = NULL WHERE id = (SELECT max(id) FROM usuarios);
