-- usuarios.tipo as text, and one user of a kind that is no label.
-- scripts: auto_migrate_railway_updated.py, user_type_validation.py
-- needs: states 1-22, 25-27
-- touches: usuarios
-- outcome: refused: usuarios.tipo: 1 row holds a value that is no label of tipousuario
ALTER TABLE usuarios ALTER COLUMN tipo TYPE VARCHAR(20) USING tipo::text;
-- next transaction
UPDATE usuarios SET tipo = 'operador' WHERE id = (SELECT min(id) FROM usuarios);
