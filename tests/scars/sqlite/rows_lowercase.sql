-- No enum type here: the column takes any text, and the ORM cannot load these rows.
-- scripts: fix_user_types_standardization.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
UPDATE usuarios SET tipo = lower(tipo) WHERE id % 2 = 1;
