-- The revision of a history nobody has.
-- scripts: backend/add_categorias_migration.py
-- needs: states 1-27
-- outcome: refused: add_produtos_categorias
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num));
INSERT INTO alembic_version VALUES ('add_produtos_categorias');
