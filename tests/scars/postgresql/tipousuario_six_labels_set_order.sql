-- Labels added in the order a Python set gave them; rows stay upper case but for one registered since.
-- scripts: fix_enum_simple.py, fix_enum_tipousuario.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE 'promoter';
ALTER TYPE tipousuario ADD VALUE 'cliente';
ALTER TYPE tipousuario ADD VALUE 'admin';
-- next transaction
UPDATE usuarios SET tipo = 'cliente' WHERE id = (SELECT max(id) FROM usuarios);
