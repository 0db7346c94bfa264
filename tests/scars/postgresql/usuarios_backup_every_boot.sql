-- One full copy of usuarios, password hashes and all, for each start whose migration failed after its backup.
-- scripts: backend/auto_migrate_railway.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_1756526400 AS SELECT * FROM usuarios;
-- next transaction
CREATE TABLE usuarios_backup_1756526461 AS SELECT * FROM usuarios;
-- next transaction
CREATE TABLE usuarios_backup_1756527010 AS SELECT * FROM usuarios;
