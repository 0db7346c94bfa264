-- The same conversion stopped half way: tipo_usuario_temp filled, nothing dropped, nothing renamed.
-- scripts: auto_migrate_railway.py, fix_tipousuario_to_string.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios ADD COLUMN tipo_usuario_temp VARCHAR(20);
-- next transaction
UPDATE usuarios SET tipo_usuario_temp = 'cliente' WHERE id % 2 = 0;
