-- The wrong diagnosis as a trigger: every user's type is turned to lower case as it is written. A second trigger is
-- there and disabled.
-- scripts: CORRECAO_IMEDIATA_ENUM_RAILWAY.sql
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE 'admin';
ALTER TYPE tipousuario ADD VALUE 'promoter';
ALTER TYPE tipousuario ADD VALUE 'cliente';
-- next transaction
CREATE FUNCTION usuarios_tipo_minusculo() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.tipo = lower(NEW.tipo::text)::tipousuario; RETURN NEW; END $$;
CREATE TRIGGER tipo_minusculo BEFORE INSERT OR UPDATE ON usuarios FOR EACH ROW EXECUTE FUNCTION usuarios_tipo_minusculo();
CREATE TRIGGER tipo_minusculo_antigo BEFORE UPDATE OF tipo ON usuarios FOR EACH ROW EXECUTE FUNCTION usuarios_tipo_minusculo();
ALTER TABLE usuarios DISABLE TRIGGER tipo_minusculo_antigo;
UPDATE usuarios SET tipo = tipo WHERE id % 2 = 0;
