-- A column nobody knows that is computed from one that goes.
-- scripts: migrate_postgres_production.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: refused: produtos has to change or go, and something needs it as it is: column dobro
ALTER TABLE produtos ADD dobro integer GENERATED ALWAYS AS (evento_id * 2) STORED;
