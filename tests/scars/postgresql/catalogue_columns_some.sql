-- The import/export script stopped by its first error: seven of fifteen catalogue columns, no table, no index.
-- scripts: backend/create_import_export_tables.py
-- needs: states 3-11, 19-27
-- touches: produtos
-- outcome: home
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS marca VARCHAR(100);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS fornecedor VARCHAR(200);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS preco_custo NUMERIC(10, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS margem_lucro NUMERIC(5, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS unidade_medida VARCHAR(10) DEFAULT 'UN';
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS volume NUMERIC(8, 2);
ALTER TABLE produtos ADD COLUMN IF NOT EXISTS teor_alcoolico NUMERIC(4, 2);
-- next transaction
UPDATE produtos SET marca = 'Marca ' || id, preco_custo = preco / 2 WHERE id % 2 = 1;
