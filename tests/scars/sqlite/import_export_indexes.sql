-- All that the import/export script does on SQLite: twelve indexes, five of them on columns to be retired.
-- scripts: backend/create_import_export_tables.py
-- needs: states 12-18
-- touches: operacoes_import_export, validacoes_importacao, templates_importacao, produtos
-- outcome: home
CREATE INDEX idx_operacoes_import_export_usuario_id ON operacoes_import_export (usuario_id);
CREATE INDEX idx_operacoes_import_export_evento_id ON operacoes_import_export (evento_id);
CREATE INDEX idx_operacoes_import_export_status ON operacoes_import_export (status);
CREATE INDEX idx_operacoes_import_export_criado_em ON operacoes_import_export (criado_em);
CREATE INDEX idx_validacoes_importacao_operacao_id ON validacoes_importacao (operacao_id);
CREATE INDEX idx_validacoes_importacao_status ON validacoes_importacao (status);
CREATE INDEX idx_templates_importacao_ativo ON templates_importacao (ativo);
CREATE INDEX idx_produtos_marca ON produtos (marca);
CREATE INDEX idx_produtos_fornecedor ON produtos (fornecedor);
CREATE INDEX idx_produtos_ncm ON produtos (ncm);
CREATE INDEX idx_produtos_destaque ON produtos (destaque);
CREATE INDEX idx_produtos_promocional ON produtos (promocional);
