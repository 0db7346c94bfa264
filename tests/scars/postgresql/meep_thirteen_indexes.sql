-- What the script's runner does on the application's own tables: thirteen indexes, and every statement behind a
-- comment skipped.
-- scripts: backend/create_meep_migration.py, deploy-meep.sh
-- needs: states 11-27
-- touches: clientes_eventos, validacoes_acesso, equipamentos_eventos, sessoes_operadores, previsoes_ia, analytics_meep, logs_seguranca_meep
-- outcome: home
CREATE INDEX IF NOT EXISTS idx_validacoes_evento_id ON validacoes_acesso (evento_id);
CREATE INDEX IF NOT EXISTS idx_validacoes_timestamp ON validacoes_acesso (timestamp_validacao);
CREATE INDEX IF NOT EXISTS idx_equipamentos_evento_id ON equipamentos_eventos (evento_id);
CREATE INDEX IF NOT EXISTS idx_equipamentos_status ON equipamentos_eventos (status);
CREATE INDEX IF NOT EXISTS idx_sessoes_usuario_id ON sessoes_operadores (usuario_id);
CREATE INDEX IF NOT EXISTS idx_sessoes_ativo ON sessoes_operadores (ativo);
CREATE INDEX IF NOT EXISTS idx_previsoes_evento_id ON previsoes_ia (evento_id);
CREATE INDEX IF NOT EXISTS idx_previsoes_tipo ON previsoes_ia (tipo_previsao);
CREATE INDEX IF NOT EXISTS idx_analytics_evento_id ON analytics_meep (evento_id);
CREATE INDEX IF NOT EXISTS idx_analytics_metrica ON analytics_meep (metrica);
CREATE INDEX IF NOT EXISTS idx_logs_evento_id ON logs_seguranca_meep (evento_id);
CREATE INDEX IF NOT EXISTS idx_logs_tipo ON logs_seguranca_meep (tipo_evento);
CREATE INDEX IF NOT EXISTS idx_logs_timestamp ON logs_seguranca_meep (timestamp_evento);
