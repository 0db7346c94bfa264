-- usuarios put back by hand from usuarios_backup_enum: every row, and no type, key, default or index.
-- scripts: fix_tipousuario_sqlite.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE usuarios_backup_enum AS SELECT * FROM usuarios;
DROP TABLE usuarios;
ALTER TABLE usuarios_backup_enum RENAME TO usuarios;
