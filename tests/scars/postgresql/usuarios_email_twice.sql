-- Unique keys of usuarios lost, and an e-mail registered twice since.
-- scripts: backend/init_users.py, backend/create_admin_user.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: refused: usuarios.email: 1 value occurs more than once
ALTER TABLE usuarios DROP CONSTRAINT usuarios_email_key;
-- next transaction
UPDATE usuarios SET email = (SELECT email FROM usuarios ORDER BY id LIMIT 1) WHERE id = (SELECT max(id) FROM usuarios);
