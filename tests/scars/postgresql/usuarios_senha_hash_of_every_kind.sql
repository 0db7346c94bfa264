-- Password hashes of every scheme that wrote one: none of them may change by a character.
-- scripts: backend/create_cesar_user.py, fix_password_hashes.py, backend/init_users.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
UPDATE usuarios SET senha_hash = CASE id % 4
    WHEN 0 THEN 'scrypt:32768:8:1$sal$' || md5(id::text) || md5((id + 1)::text)
    WHEN 1 THEN '$2y$10$' || md5(id::text) || ' '
    WHEN 2 THEN 'pbkdf2:sha256:600000$Sal$' || upper(md5(id::text))
    ELSE 'admin' END;
