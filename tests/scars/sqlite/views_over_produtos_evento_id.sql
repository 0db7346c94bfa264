-- A report over a column that the schema no longer has.
-- scripts: optimize_database.py
-- needs: states 3-18, 20
-- touches: produtos, eventos
-- outcome: home
CREATE VIEW vw_produtos_por_evento AS
    SELECT e.id AS evento_id, e.nome AS evento, p.id AS produto_id, p.nome FROM produtos p JOIN eventos e ON e.id = p.evento_id;
