-- Sequences that belong to no table or to another one, and one whose column draws from another's.
-- scripts: migrate_postgres_auto_retry.py
-- needs: states 1-27
-- touches: eventos, checkins, transacoes, empresas
-- outcome: home
ALTER SEQUENCE eventos_id_seq OWNED BY NONE;
ALTER SEQUENCE checkins_id_seq OWNED BY transacoes.id;
CREATE SEQUENCE empresas_new_id_seq AS INTEGER START WITH 500 OWNED BY empresas.id;
ALTER TABLE empresas ALTER COLUMN id SET DEFAULT nextval('empresas_new_id_seq');
