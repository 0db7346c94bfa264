-- Ids from elsewhere: an identity, a sequence of another schema, one that two tables share, one that counts down, one past
-- what an id can be.
-- scripts: migrate_postgres_production.py
-- needs: states 2-27
-- touches: usuarios, eventos, listas, transacoes, checkins, empresas
-- outcome: home
ALTER TABLE usuarios ALTER id DROP DEFAULT;
DROP SEQUENCE usuarios_id_seq;
ALTER TABLE usuarios ALTER id ADD GENERATED ALWAYS AS IDENTITY (START 500);
CREATE SCHEMA numeros;
CREATE SEQUENCE numeros.de_tudo START 900;
ALTER TABLE eventos ALTER id SET DEFAULT nextval('numeros.de_tudo');
CREATE SEQUENCE geral START 700;
ALTER TABLE listas ALTER id SET DEFAULT nextval('geral');
ALTER TABLE empresas ALTER id SET DEFAULT nextval('geral');
ALTER SEQUENCE transacoes_id_seq AS bigint INCREMENT -1 MINVALUE -1000 MAXVALUE 10 RESTART -5;
ALTER SEQUENCE checkins_id_seq AS bigint RESTART 3000000000;
