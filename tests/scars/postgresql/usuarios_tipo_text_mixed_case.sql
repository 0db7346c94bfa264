-- usuarios.tipo as text without a CHECK: every spelling, and blanks around it. The enum type, where it was, serves no
-- column.
-- scripts: migrate_postgresql_user_types.py, fix_tipo_usuario_postgres.py
-- needs: states 1-22, 25-27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ALTER COLUMN tipo TYPE VARCHAR(20) USING tipo::text;
-- next transaction
UPDATE usuarios SET tipo = CASE id % 4 WHEN 0 THEN ' ' || initcap(tipo) || '  ' WHEN 1 THEN upper(tipo) WHEN 2 THEN lower(tipo)
    ELSE initcap(tipo) END;
