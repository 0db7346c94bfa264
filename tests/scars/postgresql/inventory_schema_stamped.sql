-- The same through Alembic: a revision of another history is in alembic_version.
-- scripts: backend/alembic/versions/001_create_inventory_schema.py
-- needs: states 1-27
-- outcome: refused: 001_inventory
CREATE SCHEMA inventory;
CREATE TABLE inventory.units (id SERIAL PRIMARY KEY, code VARCHAR(10) NOT NULL UNIQUE, name VARCHAR(100) NOT NULL);
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('001_inventory');
