-- Each failed attempt to connect and migrate left one more copy of produtos.
-- scripts: migrate_postgres_auto_retry.py, migrate_postgres.sql
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_backup_20250827_101459 AS SELECT * FROM produtos;
-- next transaction
CREATE TABLE produtos_backup_20250827_101522 AS SELECT * FROM produtos;
-- next transaction
CREATE TABLE produtos_backup_20250827_101551 AS SELECT * FROM produtos;
