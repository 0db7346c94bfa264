-- usuarios.tipo renamed by hand to what the models of 30 Aug call it; still the enum.
-- scripts: fix_all_tipousuario_references.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TABLE usuarios RENAME COLUMN tipo TO tipo_usuario;
