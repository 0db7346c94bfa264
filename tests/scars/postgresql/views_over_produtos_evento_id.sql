-- Reports over a column that the schema no longer has: a view, a view over it, a materialized view with an index.
-- scripts: migrate_postgres.sql
-- needs: states 3-18, 20
-- touches: produtos, eventos
-- outcome: home
CREATE VIEW vw_produtos_por_evento AS
    SELECT e.id AS evento_id, e.nome AS evento, p.id AS produto_id, p.nome, p.preco
    FROM produtos p JOIN eventos e ON e.id = p.evento_id;
CREATE VIEW vw_precos_por_evento AS SELECT evento_id, avg(preco) AS preco_medio FROM vw_produtos_por_evento GROUP BY evento_id;
CREATE MATERIALIZED VIEW mv_produtos_por_evento AS SELECT evento_id, count(*) AS total FROM produtos GROUP BY evento_id;
CREATE INDEX mv_produtos_por_evento_evento_id ON mv_produtos_por_evento (evento_id);
