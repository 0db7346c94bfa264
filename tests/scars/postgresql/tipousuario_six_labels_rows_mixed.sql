-- Six labels, and users registered before and after the "correction": some rows upper case, some lower.
-- scripts: fix_enum_simple.py, CORRECAO_IMEDIATA_ENUM_RAILWAY.sql
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE IF NOT EXISTS 'cliente';
ALTER TYPE tipousuario ADD VALUE IF NOT EXISTS 'admin';
ALTER TYPE tipousuario ADD VALUE IF NOT EXISTS 'promoter';
-- next transaction
UPDATE usuarios SET tipo = lower(tipo::text)::tipousuario WHERE id % 2 = 0;
