-- A table of last year that inherits from produtos: its rows would be read in both.
-- scripts: migrate_postgres_production.py
-- needs: states 3-27
-- touches: produtos
-- outcome: refused: table produtos_2024 inherits from produtos
CREATE TABLE produtos_2024 (ano integer) INHERITS (produtos);
