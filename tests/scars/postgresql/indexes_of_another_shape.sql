-- Indexes with the right name over the wrong thing: not unique, another column, another table.
-- scripts: backend/make_empresa_optional_migration.py
-- needs: states 1-27
-- touches: usuarios, checkins, transacoes, listas
-- outcome: home
DROP INDEX ix_usuarios_cpf, ix_checkins_cpf, ix_transacoes_cpf_comprador;
CREATE INDEX ix_usuarios_cpf ON usuarios (cpf);
CREATE INDEX ix_checkins_cpf ON checkins (nome);
CREATE INDEX ix_transacoes_cpf_comprador ON listas (nome);
