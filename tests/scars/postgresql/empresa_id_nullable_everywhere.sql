-- The company made optional in four tables, and rows without one.
-- scripts: backend/migrate_empresa_id_nullable.py, migrate_production.py
-- needs: states 3-9
-- touches: eventos, produtos, comandas, vendas_pdv
-- outcome: home
ALTER TABLE eventos ALTER COLUMN empresa_id DROP NOT NULL;
ALTER TABLE produtos ALTER COLUMN empresa_id DROP NOT NULL;
ALTER TABLE comandas ALTER COLUMN empresa_id DROP NOT NULL;
ALTER TABLE vendas_pdv ALTER COLUMN empresa_id DROP NOT NULL;
-- next transaction
UPDATE eventos SET empresa_id = NULL WHERE id % 3 = 0;
UPDATE produtos SET empresa_id = NULL WHERE id % 3 = 0;
UPDATE comandas SET empresa_id = NULL WHERE id % 3 = 0;
UPDATE vendas_pdv SET empresa_id = NULL WHERE id % 3 = 0;
