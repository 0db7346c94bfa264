-- The one sound script of the group: timestamped copy, DROP COLUMN, four plain indexes.
-- scripts: migrate_postgres.sql, migrate_postgres_final.py, migrate_postgres_psycopg2.py, recovery_system_advanced.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_backup_20250827_101500 AS SELECT * FROM produtos;
ALTER TABLE produtos DROP COLUMN IF EXISTS evento_id;
CREATE INDEX IF NOT EXISTS idx_produtos_categoria ON produtos (categoria);
CREATE INDEX IF NOT EXISTS idx_produtos_tipo ON produtos (tipo);
CREATE INDEX IF NOT EXISTS idx_produtos_status ON produtos (status);
CREATE INDEX IF NOT EXISTS idx_produtos_empresa_id ON produtos (empresa_id);
