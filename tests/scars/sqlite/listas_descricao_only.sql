-- The same script stopped after its first column: each ALTER is durable on its own.
-- scripts: backend/add_lista_fields_migration.py
-- needs: states 1-4
-- touches: listas
-- outcome: home
ALTER TABLE listas ADD COLUMN descricao TEXT;
UPDATE listas SET descricao = 'Lista ' || id WHERE id % 2 = 0;
