-- The enum turned into checked text under the new name: no tipo, tipo_usuario at the end of the table, and the enum
-- type held by usuarios_backup_enum alone.
-- scripts: fix_tipousuario_to_string.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_enum AS SELECT * FROM usuarios;
-- next transaction
ALTER TABLE usuarios RENAME COLUMN tipo TO tipo_usuario;
ALTER TABLE usuarios ADD COLUMN tipo_usuario_temp VARCHAR(20);
UPDATE usuarios SET tipo_usuario_temp = lower(coalesce(tipo_usuario::text, 'cliente'));
ALTER TABLE usuarios DROP COLUMN tipo_usuario;
ALTER TABLE usuarios RENAME COLUMN tipo_usuario_temp TO tipo_usuario;
ALTER TABLE usuarios ALTER COLUMN tipo_usuario SET NOT NULL;
ALTER TABLE usuarios ADD CONSTRAINT usuarios_tipo_usuario_check CHECK (tipo_usuario IN ('admin', 'promoter', 'cliente'));
