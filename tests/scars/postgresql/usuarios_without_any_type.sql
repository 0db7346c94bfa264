-- Both type columns, and a user who has a type in neither.
-- scripts: migrate_consolidate_tipo.py
-- needs: states 25-26
-- touches: usuarios
-- outcome: refused: usuarios.tipo: 1 row holds NULL where the schema needs a value
ALTER TABLE usuarios ALTER COLUMN tipo DROP NOT NULL, ALTER COLUMN tipo_usuario DROP NOT NULL;
-- next transaction
UPDATE usuarios SET tipo = coalesce(tipo, 'cliente'), tipo_usuario = coalesce(tipo_usuario, 'cliente');
UPDATE usuarios SET tipo = NULL, tipo_usuario = NULL WHERE id = (SELECT min(id) FROM usuarios);
