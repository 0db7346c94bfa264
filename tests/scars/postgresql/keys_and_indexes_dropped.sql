-- Keys and indexes lost: a primary key, two unique ones, plain ones.
-- scripts: backend/remove_empresa_id_column.py, remove_tipo_usuario_definitivo.py
-- needs: states 1-27
-- touches: logs_auditoria, usuarios, empresas, transacoes, checkins
-- outcome: home
ALTER TABLE logs_auditoria DROP CONSTRAINT logs_auditoria_pkey;
ALTER TABLE usuarios DROP CONSTRAINT usuarios_email_key;
ALTER TABLE empresas DROP CONSTRAINT empresas_cnpj_key;
DROP INDEX ix_usuarios_cpf, ix_usuarios_id, ix_transacoes_cpf_comprador, ix_checkins_cpf;
