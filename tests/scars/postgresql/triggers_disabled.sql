-- Triggers of a table switched off for a load and never on again, those of its foreign keys among them.
-- scripts: migrate_postgres_production.py
-- needs: states 3-27
-- touches: itens_venda_pdv
-- outcome: home
ALTER TABLE itens_venda_pdv DISABLE TRIGGER ALL;
