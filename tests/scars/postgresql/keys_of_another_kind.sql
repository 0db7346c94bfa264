-- Keys made by hand: deferrable, with a column more, and with NULLs that are not distinct.
-- scripts: migrate_postgres_production.py
-- needs: states 1-27
-- touches: checkins, usuarios, empresas
-- outcome: home
ALTER TABLE checkins DROP CONSTRAINT checkins_pkey, ADD CONSTRAINT checkins_pkey PRIMARY KEY (id) DEFERRABLE;
ALTER TABLE usuarios DROP CONSTRAINT usuarios_pkey CASCADE,
    ADD CONSTRAINT usuarios_pkey PRIMARY KEY (id) INCLUDE (nome);
CREATE TABLE cartoes (id serial PRIMARY KEY, usuario_id integer REFERENCES usuarios (id));
ALTER TABLE checkins ADD CONSTRAINT checkins_usuario_id_fkey FOREIGN KEY (usuario_id) REFERENCES usuarios (id);
ALTER TABLE empresas DROP CONSTRAINT empresas_cnpj_key,
    ADD CONSTRAINT empresas_cnpj_key UNIQUE NULLS NOT DISTINCT (cnpj);
