-- A seventh kind of user that somebody is: it has no place among the labels, and nobody may guess a privilege.
-- scripts: auto_migrate_railway_updated.py, user_type_validation.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: refused: usuarios.tipo: 1 row holds a value that is no label of tipousuario
ALTER TYPE tipousuario ADD VALUE 'operador';
-- next transaction
UPDATE usuarios SET tipo = 'operador' WHERE id = (SELECT min(id) FROM usuarios);
