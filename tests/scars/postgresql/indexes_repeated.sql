-- Indexes that repeat unique keys, unique ones among them.
-- scripts: optimize_database.py, backend/recreate_table_migration.py
-- needs: states 1-27
-- touches: usuarios, empresas, eventos
-- outcome: home
CREATE UNIQUE INDEX ix_usuarios_email ON usuarios (email);
CREATE UNIQUE INDEX idx_usuarios_cpf ON usuarios (cpf);
CREATE INDEX idx_usuarios_id ON usuarios (id);
ALTER TABLE empresas ADD CONSTRAINT empresas_cnpj_unico UNIQUE (cnpj);
CREATE INDEX idx_eventos_empresa ON eventos (empresa_id) WHERE empresa_id IS NOT NULL;
