-- The clean-up of 22 Aug: event, bar code and company of every product dropped, without a copy.
-- scripts: backend/produtos_cleanup_migration.sql
-- needs: states 3-27
-- touches: produtos
-- outcome: home
ALTER TABLE produtos DROP COLUMN IF EXISTS evento_id;
ALTER TABLE produtos DROP COLUMN IF EXISTS codigo_barras;
ALTER TABLE produtos DROP COLUMN IF EXISTS empresa_id;
