-- Both type columns, and users whose type is only in tipo_usuario: tipo is NULL or blank.
-- scripts: migrate_consolidate_tipo.py, remove_tipo_usuario_migration.py
-- needs: states 25-26
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ALTER COLUMN tipo DROP NOT NULL;
-- next transaction
UPDATE usuarios SET tipo_usuario = coalesce(tipo_usuario, tipo, 'cliente');
UPDATE usuarios SET tipo = CASE id % 3 WHEN 0 THEN NULL WHEN 1 THEN '  ' ELSE coalesce(tipo, 'cliente') END;
