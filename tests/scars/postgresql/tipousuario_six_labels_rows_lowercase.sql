-- After the enum "correction" committed label by label: both spellings are labels, every row is lower case. The
-- application's ORM then raises LookupError on every user it loads.
-- scripts: CORRECAO_IMEDIATA_ENUM_RAILWAY.sql, fix_enum_simple.py, diagnose_enum_case_issue.py, backend/app/migrations/auto_migrate.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE IF NOT EXISTS 'admin';
ALTER TYPE tipousuario ADD VALUE IF NOT EXISTS 'promoter';
ALTER TYPE tipousuario ADD VALUE IF NOT EXISTS 'cliente';
-- next transaction
UPDATE usuarios SET tipo = lower(tipo::text)::tipousuario;
