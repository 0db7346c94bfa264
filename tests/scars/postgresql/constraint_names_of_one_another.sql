-- Constraints that bear the name of another constraint of their table: two keys turned round, and checks.
-- scripts: migrate_postgres_production.py
-- needs: states 1-27
-- touches: checkins, empresas, eventos
-- outcome: home
ALTER TABLE checkins RENAME CONSTRAINT checkins_evento_id_fkey TO turned;
ALTER TABLE checkins RENAME CONSTRAINT checkins_usuario_id_fkey TO checkins_evento_id_fkey;
ALTER TABLE checkins RENAME CONSTRAINT turned TO checkins_usuario_id_fkey;
ALTER TABLE empresas RENAME CONSTRAINT empresas_cnpj_key TO cnpj_unico;
ALTER TABLE empresas ADD CONSTRAINT empresas_cnpj_key CHECK (cnpj <> '');
ALTER TABLE eventos RENAME CONSTRAINT eventos_pkey TO pk_eventos;
ALTER TABLE eventos ADD CONSTRAINT eventos_pkey CHECK (id > 0);
-- From PostgreSQL 18 on, NOT NULL is a constraint with a name too.
ALTER TABLE eventos ALTER nome DROP NOT NULL;
ALTER TABLE eventos ADD CONSTRAINT eventos_nome_not_null CHECK (nome IS NOT NULL);
