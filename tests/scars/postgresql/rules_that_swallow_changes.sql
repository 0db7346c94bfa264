-- Rules that swallow or copy each change of a row.
-- scripts: migrate_postgres_production.py
-- needs: states 3-27
-- touches: usuarios, produtos
-- outcome: home
CREATE TABLE precos_antigos (produto_id integer, preco numeric(10, 2));
CREATE RULE guarda_preco AS ON UPDATE TO produtos WHERE NEW.preco <> OLD.preco
    DO ALSO INSERT INTO precos_antigos VALUES (OLD.id, OLD.preco);
CREATE RULE nada AS ON UPDATE TO usuarios DO INSTEAD NOTHING;
