-- A publication of some columns, one of which goes.
-- scripts: migrate_postgres_production.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: refused: produtos has to change or go, and something needs it as it is: publication
CREATE PUBLICATION espelho FOR TABLE produtos (id, evento_id);
