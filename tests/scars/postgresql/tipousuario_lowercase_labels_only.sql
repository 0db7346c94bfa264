-- The type made by a script before the application: three lower-case labels, and rows written by hand to suit.
-- scripts: fix_enum_migration.sql, migrate_enum_auto.py, backend/app/migrations/auto_migrate.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario RENAME VALUE 'ADMIN' TO 'admin';
ALTER TYPE tipousuario RENAME VALUE 'PROMOTER' TO 'promoter';
ALTER TYPE tipousuario RENAME VALUE 'CLIENTE' TO 'cliente';
