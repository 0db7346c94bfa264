-- tipo_usuario come and gone: a copy of seven columns under a fixed name is what is left of it.
-- scripts: backend/auto_migrate_railway.py, railway_console_migration.sql
-- needs: states 1-22, 25-27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN IF NOT EXISTS tipo_usuario VARCHAR(20) NOT NULL DEFAULT 'cliente';
-- next transaction
CREATE TABLE usuarios_backup_tipo_usuario AS SELECT id, cpf, nome, email, tipo, tipo_usuario, criado_em FROM usuarios;
-- next transaction
ALTER TABLE usuarios DROP COLUMN tipo_usuario;
