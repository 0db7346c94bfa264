-- Indexes with the right name over the wrong thing: not unique, another column; and some dropped.
-- scripts: backend/make_empresa_optional_migration.py
-- needs: states 1-27
-- touches: usuarios, checkins, eventos, transacoes
-- outcome: home
DROP INDEX ix_usuarios_cpf;
CREATE INDEX ix_usuarios_cpf ON usuarios (cpf);
DROP INDEX ix_checkins_cpf;
CREATE INDEX ix_checkins_cpf ON checkins (nome);
DROP INDEX ix_eventos_id;
DROP INDEX ix_transacoes_cpf_comprador;
CREATE UNIQUE INDEX ix_usuarios_email ON usuarios (email);
