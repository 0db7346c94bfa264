-- usuarios.empresa_id dropped by the script, days before the models' tables knew.
-- scripts: backend/remove_empresa_id_migration.sql
-- needs: states 1-8
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios DROP CONSTRAINT IF EXISTS usuarios_empresa_id_fkey;
ALTER TABLE usuarios DROP COLUMN IF EXISTS empresa_id;
