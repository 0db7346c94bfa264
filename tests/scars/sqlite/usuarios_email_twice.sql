-- usuarios without a unique e-mail (rebuilt by hand from a copy), and an e-mail registered twice.
-- scripts: fix_tipousuario_sqlite.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: refused: usuarios.email: 1 value occurs more than once
PRAGMA foreign_keys = OFF;
CREATE TABLE usuarios_backup_enum AS SELECT * FROM usuarios;
DROP TABLE usuarios;
ALTER TABLE usuarios_backup_enum RENAME TO usuarios;
UPDATE usuarios SET email = (SELECT email FROM usuarios ORDER BY id LIMIT 1) WHERE id = (SELECT max(id) FROM usuarios);
