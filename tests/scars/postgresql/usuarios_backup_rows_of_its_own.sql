-- A copy of usuarios that has two rows the table lost: one of them registered again since, under a new number, so that
-- its CPF and e-mail are taken.
-- scripts: backend/auto_migrate_railway.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_1756526400 AS SELECT * FROM usuarios;
UPDATE usuarios_backup_1756526400 SET id = id + 100000 WHERE id = (SELECT min(id) FROM usuarios);
UPDATE usuarios_backup_1756526400 SET id = id + 200000, cpf = '99999999990', email = 'so-na-copia@example.com'
    WHERE id = (SELECT max(id) FROM usuarios);
