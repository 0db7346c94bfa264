-- tipo_usuario rebuilt through tipo_usuario_temp: a CHECK, another place in the table, and usuarios_backup_enum beside
-- it.
-- scripts: fix_tipousuario_to_string.py
-- needs: states 23-26
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_enum AS SELECT * FROM usuarios;
-- next transaction
ALTER TABLE usuarios ADD COLUMN tipo_usuario_temp VARCHAR(20);
UPDATE usuarios SET tipo_usuario_temp = lower(coalesce(tipo_usuario::text, 'cliente'));
ALTER TABLE usuarios DROP COLUMN tipo_usuario;
ALTER TABLE usuarios RENAME COLUMN tipo_usuario_temp TO tipo_usuario;
ALTER TABLE usuarios ALTER COLUMN tipo_usuario SET NOT NULL;
ALTER TABLE usuarios ADD CONSTRAINT usuarios_tipo_usuario_check CHECK (tipo_usuario IN ('admin', 'promoter', 'cliente'));
