-- A backup of every boot with a user of a kind that only the scripts' CHECK knows: no row to be given back.
-- scripts: backend/auto_migrate_railway.py
-- needs: states 23-27
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_1756527000 AS SELECT * FROM usuarios;
INSERT INTO usuarios_backup_1756527000
SELECT (jsonb_populate_record(u, jsonb_build_object('id', 900 + id, 'cpf', '9' || id, 'email', 'o' || id, 'tipo_usuario', 'operador'))).*
FROM usuarios u WHERE id = 1;
