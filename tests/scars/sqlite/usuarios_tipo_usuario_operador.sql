-- tipo_usuario is the only type column, and one user is what no label knows.
-- scripts: user_type_validation.py
-- needs: states 23-24
-- touches: usuarios
-- outcome: refused: 1 row holds a value that is no label of tipousuario
UPDATE usuarios SET tipo_usuario = 'operador' WHERE id = (SELECT min(id) FROM usuarios);
