-- Alembic was tried once and gave up: its table is there, without a revision.
-- scripts: backend/alembic/versions/001_create_inventory_schema.py
-- needs: states 1-27
-- outcome: home
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
