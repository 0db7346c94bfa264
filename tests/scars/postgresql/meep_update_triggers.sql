-- The MEEP script run after the application created the tables: its tables are skipped, its triggers are not, and they
-- set a column that does not exist, so every UPDATE of the two tables fails.
-- scripts: backend/meep_migration.sql
-- needs: states 11-27
-- touches: clientes_eventos, equipamentos_eventos, validacoes_acesso, logs_seguranca_meep
-- outcome: home
CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at = CURRENT_TIMESTAMP; RETURN NEW; END $$;
CREATE TRIGGER update_clientes_eventos_updated_at BEFORE UPDATE ON clientes_eventos
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER update_equipamentos_eventos_updated_at BEFORE UPDATE ON equipamentos_eventos
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE INDEX IF NOT EXISTS idx_clientes_cpf ON clientes_eventos (cpf);
CREATE INDEX IF NOT EXISTS idx_validacoes_evento_id ON validacoes_acesso (evento_id);
CREATE INDEX IF NOT EXISTS idx_logs_timestamp ON logs_seguranca_meep (timestamp_evento);
