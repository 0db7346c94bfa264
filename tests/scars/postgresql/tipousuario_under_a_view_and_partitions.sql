-- A fourth label before the others, so that the type is made anew, under a view that names a label, a materialized view,
-- a rule, a trigger's condition, a function, a domain, an array, and a partitioned table.
-- scripts: fix_enum_migration.sql
-- needs: states 9-22
-- touches: usuarios
-- outcome: home
ALTER TYPE tipousuario ADD VALUE 'admin' BEFORE 'ADMIN';
-- next transaction
CREATE VIEW v_admins AS SELECT id, nome FROM usuarios WHERE tipo = 'ADMIN';
CREATE MATERIALIZED VIEW m_admins AS SELECT id, tipo FROM usuarios WHERE tipo IN ('ADMIN', 'PROMOTER');
CREATE TABLE acessos_log (em timestamptz, perfil tipousuario DEFAULT 'CLIENTE') PARTITION BY RANGE (em);
CREATE TABLE acessos_log_resto PARTITION OF acessos_log DEFAULT;
CREATE DOMAIN perfil_de_loja AS tipousuario;
CREATE TABLE lojistas (id integer PRIMARY KEY, perfil perfil_de_loja, outros tipousuario[]);
INSERT INTO lojistas VALUES (1, 'PROMOTER', '{ADMIN,CLIENTE}');
CREATE FUNCTION e_admin(perfil tipousuario) RETURNS boolean LANGUAGE sql AS 'SELECT perfil = ''ADMIN''';
CREATE RULE so_admins AS ON DELETE TO lojistas WHERE OLD.perfil::tipousuario = 'ADMIN' DO INSTEAD NOTHING;
