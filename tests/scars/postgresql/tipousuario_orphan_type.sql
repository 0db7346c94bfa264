-- An enum type made by the start-up migration beside a text column: three lower-case labels and no column.
-- scripts: backend/app/migrations/auto_migrate.py, fix_enum_migration.sql
-- needs: states 23-27
-- touches: usuarios
-- outcome: home
CREATE TYPE tipousuario AS ENUM ('admin', 'promoter', 'cliente');
