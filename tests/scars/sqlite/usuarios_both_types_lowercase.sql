-- Both type columns standardised to lower case.
-- scripts: fix_schema_migration_urgent.py, fix_user_types_standardization.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20);
UPDATE usuarios SET tipo_usuario = tipo;
UPDATE usuarios SET tipo = lower(tipo), tipo_usuario = lower(tipo_usuario);
