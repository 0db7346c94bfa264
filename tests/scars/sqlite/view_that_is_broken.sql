-- A view over a column and a table that are no more: SQLite refuses a rename while it is there, unless told to be as
-- it was.
-- scripts: backend/check_usuarios_table.py
-- needs: states 3-27
-- touches: usuarios, produtos
-- outcome: home
CREATE VIEW vw_usuarios_por_empresa AS SELECT filial_id, count(*) AS total FROM usuarios GROUP BY filial_id;
CREATE VIEW vw_filiais AS SELECT * FROM filiais;
