-- usuarios.tipo without NOT NULL, and a user without a type and without another column to take it from.
-- scripts: backend/fix_user_types.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: refused: usuarios.tipo: 1 row holds NULL where the schema needs a value
ALTER TABLE usuarios ALTER COLUMN tipo DROP NOT NULL;
-- next transaction
UPDATE usuarios SET tipo = NULL WHERE id = (SELECT min(id) FROM usuarios);
