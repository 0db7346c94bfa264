-- Lower-case labels first, the application's own added behind them, and rows in both spellings.
-- scripts: fix_enum_migration.sql
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario RENAME VALUE 'ADMIN' TO 'admin';
ALTER TYPE tipousuario RENAME VALUE 'PROMOTER' TO 'promoter';
ALTER TYPE tipousuario RENAME VALUE 'CLIENTE' TO 'cliente';
ALTER TYPE tipousuario ADD VALUE 'ADMIN';
ALTER TYPE tipousuario ADD VALUE 'PROMOTER';
ALTER TYPE tipousuario ADD VALUE 'CLIENTE';
-- next transaction
UPDATE usuarios SET tipo = upper(tipo::text)::tipousuario WHERE id % 2 = 0;
