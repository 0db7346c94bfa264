-- A table of the renamed models whose tipo was put back by hand: both columns, tipo filled for some.
-- scripts: fix_all_tipousuario_references.py
-- needs: states 24-27
-- touches: listas
-- outcome: home
ALTER TABLE listas ADD COLUMN tipo VARCHAR(11);
UPDATE listas SET tipo = CASE id % 4 WHEN 0 THEN tipo_usuario WHEN 1 THEN 'VIP' WHEN 2 THEN '' END;
