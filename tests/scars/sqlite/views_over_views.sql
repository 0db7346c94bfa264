-- Reports that read one another, and through the first a column that the schema no longer has.
-- scripts: optimize_database.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE VIEW vw_produtos AS SELECT id, evento_id FROM produtos;
CREATE VIEW vw_eventos AS SELECT DISTINCT evento_id FROM vw_produtos;
CREATE VIEW vw_a_contagem AS SELECT count(*) AS quantos FROM vw_eventos;
