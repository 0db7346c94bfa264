-- A kind of user that is no label: nobody may guess a privilege.
-- scripts: user_type_validation.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: refused: usuarios.tipo: 1 row holds a value that is no label of tipousuario
UPDATE usuarios SET tipo = 'operador' WHERE id = (SELECT min(id) FROM usuarios);
