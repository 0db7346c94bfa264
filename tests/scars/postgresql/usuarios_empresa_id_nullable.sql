-- usuarios.empresa_id made optional, and users without a company.
-- scripts: backend/fix_empresa_id_constraint.sql, backend/apply_migration.py, backend/postgresql_migration.sql
-- needs: states 1-8
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ALTER COLUMN empresa_id DROP NOT NULL;
-- next transaction
UPDATE usuarios SET empresa_id = NULL WHERE id % 2 = 1;
