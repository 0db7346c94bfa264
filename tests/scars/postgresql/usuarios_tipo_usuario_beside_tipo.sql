-- 30 Aug: a second type column nobody filled, so that every administrator reads 'cliente' in it. tipo stays right.
-- scripts: backend/auto_migrate_railway.py, auto_migrate_railway.py, fix_login_postgresql.py, fix_postgresql_manual.sql
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_1756526400 AS SELECT * FROM usuarios;
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20) NOT NULL DEFAULT 'cliente';
ALTER TABLE usuarios ADD CONSTRAINT check_tipo_usuario CHECK (tipo_usuario IN ('admin', 'promoter', 'cliente', 'operador'));
