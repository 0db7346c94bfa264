-- A row that only one copy of produtos has, and sales that refer to it by another: the table was rebuilt after a copy was
-- made, and after the row was deleted past the keys.
-- scripts: backend/fix_produtos_sqlite_migration.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_bkp AS SELECT * FROM produtos;
DELETE FROM produtos WHERE id = 6;
