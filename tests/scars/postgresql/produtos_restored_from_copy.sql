-- produtos put back by hand from a timestamped copy: every row and column, and no key, default, constraint or index;
-- the foreign keys of sales went with the table.
-- scripts: migrate_postgres.sql, migrate_postgres_auto_retry.py
-- needs: states 3-27
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_backup_20250827_101500 AS SELECT * FROM produtos;
-- next transaction
DROP TABLE produtos CASCADE;
ALTER TABLE produtos_backup_20250827_101500 RENAME TO produtos;
