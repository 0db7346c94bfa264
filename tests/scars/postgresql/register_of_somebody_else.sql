-- A schema and a table of the names that migrations use, by somebody else.
-- scripts: migrate_postgres_production.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: refused: the table retired.register is not this application's
CREATE SCHEMA retired;
CREATE TABLE retired.register (x integer);
