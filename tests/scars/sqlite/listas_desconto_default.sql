-- The three marketing columns of listas by script: desconto_percentual has a server default.
-- scripts: backend/add_lista_fields_migration.py
-- needs: state 1
-- touches: listas
-- outcome: home
ALTER TABLE listas ADD COLUMN descricao TEXT;
ALTER TABLE listas ADD COLUMN codigo_cupom VARCHAR(50);
ALTER TABLE listas ADD COLUMN desconto_percentual NUMERIC(5,2) DEFAULT 0;
