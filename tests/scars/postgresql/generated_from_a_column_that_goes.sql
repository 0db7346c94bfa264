-- A column nobody knows that is computed from one that goes.
-- scripts: migrate_postgres_production.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: refused: generated column produtos.dobro cannot be made again over the type that this run changes
ALTER TABLE produtos ADD dobro integer GENERATED ALWAYS AS (evento_id * 2) STORED;
