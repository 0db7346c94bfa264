-- Names in another case, which SQLite takes for the same: a table, a column, the table and the column of a foreign key.
-- scripts: backend/fix_produtos_sqlite_migration.py
-- needs: states 1-27
-- touches: checkins, listas, eventos
-- outcome: home
ALTER TABLE checkins RENAME TO "CheckIns_";
ALTER TABLE "CheckIns_" RENAME TO "CHECKINS";
ALTER TABLE "CHECKINS" RENAME COLUMN nome TO "Nome";
PRAGMA writable_schema = 1;
UPDATE sqlite_master SET sql = replace(sql, 'REFERENCES eventos (id)', 'REFERENCES "EVENTOS" (ID)') WHERE name = 'listas';
PRAGMA writable_schema = RESET;
