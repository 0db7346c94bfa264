-- Reports somebody made: a view over usuarios, a view over that view, a materialized view with an index, all in the
-- way of a change of tipo's type.
-- scripts: fix_enum_simple.py
-- needs: states 1-22, 25-27
-- touches: usuarios
-- outcome: home
CREATE VIEW vw_usuarios_ativos AS SELECT id, nome, email, tipo, criado_em FROM usuarios WHERE ativo;
CREATE VIEW vw_administradores AS SELECT id, nome FROM vw_usuarios_ativos WHERE upper(tipo::text) = 'ADMIN';
COMMENT ON VIEW vw_administradores IS 'Quem pode tudo';
CREATE MATERIALIZED VIEW mv_usuarios_por_tipo AS SELECT tipo, count(*) AS total FROM usuarios GROUP BY tipo;
CREATE UNIQUE INDEX mv_usuarios_por_tipo_tipo ON mv_usuarios_por_tipo (tipo);
