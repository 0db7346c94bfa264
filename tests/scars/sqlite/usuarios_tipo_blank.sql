-- A user whose type is an empty text.
-- scripts: backend/fix_user_types.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: refused: usuarios.tipo: 1 row holds a value that is no label of tipousuario
UPDATE usuarios SET tipo = '' WHERE id = (SELECT min(id) FROM usuarios);
