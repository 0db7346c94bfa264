-- Hashes as the bytes of their text: they are that text.
-- scripts: migrate_postgres_production.py
-- needs: states 9-22
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ALTER senha_hash TYPE bytea USING convert_to(senha_hash, 'UTF8');
