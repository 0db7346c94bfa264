-- usuarios.tipo as text with the CHECK of 30 Aug, every row lower case, the enum type gone.
-- scripts: auto_migrate_railway_updated.py, fix_user_types_standardization.py
-- needs: states 1-22, 25-27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ALTER COLUMN tipo TYPE VARCHAR(20) USING lower(tipo::text);
DROP TYPE IF EXISTS tipousuario;
ALTER TABLE usuarios ADD CONSTRAINT check_tipo CHECK (tipo IN ('admin', 'promoter', 'cliente', 'operador'));
