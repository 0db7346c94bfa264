-- A column nobody knows that is computed from one that goes.
-- scripts: migrate_postgres_production.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: refused: generated column produtos.dobro is computed from what this run retires
ALTER TABLE produtos ADD dobro integer GENERATED ALWAYS AS (evento_id * 2) STORED;
