-- Password hashes of every scheme that wrote one: none of them may change by a character.
-- scripts: backend/create_cesar_user.py, fix_password_hashes.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
UPDATE usuarios SET senha_hash = CASE id % 4
    WHEN 0 THEN 'scrypt:32768:8:1$sal$' || printf('%064d', id)
    WHEN 1 THEN '$2y$10$' || printf('%053d', id) || ' '
    WHEN 2 THEN 'pbkdf2:sha256:600000$Sal$' || printf('%064d', id)
    ELSE 'ADMIN' END;
