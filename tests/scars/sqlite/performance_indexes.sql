-- Indexes added by hand, two of which repeat a unique one.
-- scripts: optimize_database.py
-- needs: states 1-22, 25-27
-- touches: usuarios, empresas
-- outcome: home
CREATE INDEX IF NOT EXISTS idx_usuarios_cpf ON usuarios (cpf);
CREATE INDEX IF NOT EXISTS idx_usuarios_email ON usuarios (email);
CREATE INDEX IF NOT EXISTS idx_usuarios_tipo ON usuarios (tipo);
CREATE INDEX IF NOT EXISTS idx_usuarios_ativo ON usuarios (ativo);
CREATE INDEX IF NOT EXISTS idx_empresas_cnpj ON empresas (cnpj);
CREATE INDEX IF NOT EXISTS idx_empresas_ativa ON empresas (ativa);
