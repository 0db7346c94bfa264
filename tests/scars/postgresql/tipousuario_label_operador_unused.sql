-- A seventh kind of user, as a label no row holds.
-- scripts: auto_migrate_railway_updated.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE 'operador';
