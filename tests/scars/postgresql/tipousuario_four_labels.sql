-- One label added in front by hand, then nothing more: admin, ADMIN, PROMOTER, CLIENTE.
-- scripts: CORRECAO_IMEDIATA_ENUM_RAILWAY.sql
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE 'admin' BEFORE 'ADMIN';
-- next transaction
UPDATE usuarios SET tipo = 'admin' WHERE tipo = 'ADMIN';
