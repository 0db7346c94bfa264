-- A second type column in which one user is what no label knows, while tipo is right: tipo wins.
-- scripts: backend/auto_migrate_railway.py, user_type_validation.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20) NOT NULL DEFAULT 'cliente';
ALTER TABLE usuarios ADD CONSTRAINT check_tipo_usuario CHECK (tipo_usuario IN ('admin', 'promoter', 'cliente', 'operador'));
-- next transaction
UPDATE usuarios SET tipo_usuario = 'operador' WHERE id = (SELECT min(id) FROM usuarios);
