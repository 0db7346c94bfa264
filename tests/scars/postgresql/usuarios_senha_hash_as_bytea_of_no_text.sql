-- Bytes that are no text in the database's encoding: nobody can say what the application should read.
-- scripts: migrate_postgres_production.py
-- needs: states 9-22
-- touches: usuarios
-- outcome: refused: usuarios.senha_hash: 1 value does not fit VARCHAR(255)
ALTER TABLE usuarios ALTER senha_hash TYPE bytea USING convert_to(senha_hash, 'UTF8');
UPDATE usuarios SET senha_hash = '\xff00' WHERE id = 2;
