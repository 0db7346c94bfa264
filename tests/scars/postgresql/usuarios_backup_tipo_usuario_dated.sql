-- Both type columns after the synchronisation that let tipo_usuario win; the dated copy has what tipo was.
-- scripts: migrate_postgresql_remove_tipo_usuario.py
-- needs: states 25-26
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_tipo_usuario_20250830_101500 AS SELECT * FROM usuarios;
-- next transaction
UPDATE usuarios SET tipo_usuario = coalesce(tipo_usuario, 'cliente');
UPDATE usuarios SET tipo = tipo_usuario;
