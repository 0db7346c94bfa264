-- Checks that were added NOT VALID, since old rows do not pass them, on tables whose rows are written: by a second type column, by
-- totals in another type, and by forms of payment whose product goes.
-- scripts: auto_migrate_railway.py
-- needs: states 9-22
-- touches: usuarios, listas
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20) NOT NULL DEFAULT 'cliente';
UPDATE usuarios SET tipo_usuario = 'promoter';
ALTER TABLE usuarios ADD CONSTRAINT cpf_sem_zeros CHECK (cpf <> '00000000002' AND length(cpf) > 20) NOT VALID;
ALTER TABLE usuarios ADD CONSTRAINT "e-mail" CHECK (email LIKE '%@empresa.example') NOT VALID;
ALTER TABLE listas ADD COLUMN tipo_usuario VARCHAR(20);
UPDATE listas SET tipo_usuario = lower(tipo::text);
ALTER TABLE listas ALTER COLUMN tipo DROP NOT NULL;
UPDATE listas SET tipo = NULL WHERE id <= 3;
ALTER TABLE listas ADD CONSTRAINT nome_curto CHECK (length(nome) < 2) NOT VALID;
