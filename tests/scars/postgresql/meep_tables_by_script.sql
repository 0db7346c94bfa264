-- The MEEP script before the application's own tables: created_at and updated_at, INET, JSONB, times without zone, ON
-- DELETE CASCADE, a unique pair, keys that may be NULL (none is); fourteen indexes, two triggers, two views.
-- scripts: backend/meep_migration.sql
-- needs: states 1-10
-- touches: usuarios, eventos
-- absent: clientes_eventos, validacoes_acesso, equipamentos_eventos, sessoes_operadores, previsoes_ia, analytics_meep, logs_seguranca_meep
-- outcome: home
CREATE TABLE clientes_eventos (
    id SERIAL PRIMARY KEY, cpf VARCHAR(11) UNIQUE NOT NULL, nome_completo VARCHAR(255) NOT NULL, nome_social VARCHAR(255),
    data_nascimento DATE, nome_mae VARCHAR(255), telefone VARCHAR(20), email VARCHAR(255), status VARCHAR(50) DEFAULT 'ativo',
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE validacoes_acesso (
    id SERIAL PRIMARY KEY, evento_id INTEGER REFERENCES eventos (id) ON DELETE CASCADE,
    cliente_id INTEGER REFERENCES clientes_eventos (id) ON DELETE CASCADE, cpf_hash VARCHAR(255) NOT NULL,
    qr_code_data TEXT NOT NULL,
    cpf_digits VARCHAR(3) NOT NULL, ip_address INET, user_agent TEXT, timestamp_validacao TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    sucesso BOOLEAN DEFAULT FALSE, motivo_falha TEXT, latitude NUMERIC(10, 8), longitude NUMERIC(11, 8), device_info JSONB,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE equipamentos_eventos (
    id SERIAL PRIMARY KEY, evento_id INTEGER REFERENCES eventos (id) ON DELETE CASCADE, nome VARCHAR(255) NOT NULL,
    tipo VARCHAR(100) NOT NULL, ip_address INET NOT NULL, mac_address VARCHAR(17), status VARCHAR(50) DEFAULT 'offline',
    ultima_atividade TIMESTAMP, configuracao JSONB, localizacao VARCHAR(255), responsavel_id INTEGER REFERENCES usuarios (id),
    heartbeat_interval INTEGER DEFAULT 30, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (evento_id, ip_address));
CREATE TABLE sessoes_operadores (
    id SERIAL PRIMARY KEY, usuario_id INTEGER REFERENCES usuarios (id) ON DELETE CASCADE,
    evento_id INTEGER REFERENCES eventos (id) ON DELETE CASCADE, equipamento_id INTEGER REFERENCES equipamentos_eventos (id),
    token_sessao VARCHAR(255) UNIQUE NOT NULL, ip_address INET, inicio_sessao TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    fim_sessao TIMESTAMP, ativo BOOLEAN DEFAULT TRUE, configuracoes JSONB, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE previsoes_ia (
    id SERIAL PRIMARY KEY, evento_id INTEGER REFERENCES eventos (id) ON DELETE CASCADE, tipo_previsao VARCHAR(100) NOT NULL,
    dados_entrada JSONB NOT NULL, resultado_previsao JSONB NOT NULL, confiabilidade NUMERIC(5, 2),
    timestamp_previsao TIMESTAMP DEFAULT CURRENT_TIMESTAMP, aplicada BOOLEAN DEFAULT FALSE, feedback_real JSONB,
    precisao_real NUMERIC(5, 2), created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE analytics_meep (
    id SERIAL PRIMARY KEY, evento_id INTEGER REFERENCES eventos (id) ON DELETE CASCADE, metrica VARCHAR(100) NOT NULL,
    valor NUMERIC(15, 2), valor_anterior NUMERIC(15, 2), percentual_mudanca NUMERIC(5, 2), periodo VARCHAR(50),
    timestamp_coleta TIMESTAMP DEFAULT CURRENT_TIMESTAMP, dados_detalhados JSONB, alertas JSONB,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE logs_seguranca_meep (
    id SERIAL PRIMARY KEY, evento_id INTEGER REFERENCES eventos (id) ON DELETE CASCADE, tipo_evento VARCHAR(100) NOT NULL,
    gravidade VARCHAR(20) DEFAULT 'info', ip_address INET, user_agent TEXT, dados_evento JSONB NOT NULL,
    usuario_id INTEGER REFERENCES usuarios (id), resolvido BOOLEAN DEFAULT FALSE,
    timestamp_evento TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE INDEX IF NOT EXISTS idx_clientes_cpf ON clientes_eventos (cpf);
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
-- next transaction
INSERT INTO clientes_eventos (cpf, nome_completo, data_nascimento, email, created_at, updated_at) VALUES
    ('00000000001', 'Cliente de Teste', DATE '1990-02-28', 'teste@meep.example', '2025-08-09 18:30:00', '2025-08-09 18:30:00'),
    ('00000000002', 'Ação d''Ávila', NULL, NULL, '2025-08-09 18:30:00', '2025-08-10 03:00:00.123456');
INSERT INTO equipamentos_eventos (evento_id, nome, tipo, ip_address, status, configuracao)
    SELECT id, 'Catraca ' || id, 'catraca', '192.168.0.10'::inet + id, 'online', jsonb_build_object('porta', id, 'ação', 'girar')
    FROM eventos;
INSERT INTO validacoes_acesso (evento_id, cliente_id, cpf_hash, qr_code_data, cpf_digits, ip_address, sucesso, latitude,
    device_info)
    SELECT e.id, c.id, md5(e.id::text), 'TICKET-' || e.id, '001', ('2001:db8::' || e.id)::inet, true, -23.55052,
        '{"modelo": "X 1", "versao": 1.50, "lista": [1, 2.0, null]}'
    FROM eventos e, (SELECT min(id) AS id FROM clientes_eventos) c;
INSERT INTO sessoes_operadores (usuario_id, evento_id, token_sessao, ip_address, configuracoes)
    SELECT u.id, e.id, 'token ' || u.id, '10.0.0.0/8', '[]' FROM usuarios u, (SELECT min(id) AS id FROM eventos) e WHERE e.id > 0;
INSERT INTO previsoes_ia (evento_id, tipo_previsao, dados_entrada, resultado_previsao, confiabilidade)
    SELECT id, 'fluxo', '{"dias": 7}', '{"pessoas": 120}', 87.5 FROM eventos;
INSERT INTO analytics_meep (evento_id, metrica, valor) SELECT id, 'publico', 1234567.89 FROM eventos;
INSERT INTO logs_seguranca_meep (evento_id, tipo_evento, ip_address, dados_evento, usuario_id)
    SELECT NULL, 'login', '127.0.0.1', '"texto"', min(id) FROM usuarios;
UPDATE equipamentos_eventos SET created_at = '2025-08-09 18:30:00', updated_at = '2025-08-09 18:30:00',
    ultima_atividade = '2025-08-09 18:30:00';
UPDATE validacoes_acesso SET created_at = '2025-08-09 18:30:00', timestamp_validacao = '2025-08-09 18:30:00';
UPDATE sessoes_operadores SET created_at = '2025-08-09 18:30:00', inicio_sessao = '2025-08-09 18:30:00';
UPDATE previsoes_ia SET created_at = '2025-08-09 18:30:00', timestamp_previsao = '2025-08-09 18:30:00';
UPDATE analytics_meep SET created_at = '2025-08-09 18:30:00', timestamp_coleta = '2025-08-09 18:30:00';
UPDATE logs_seguranca_meep SET created_at = '2025-08-09 18:30:00', timestamp_evento = '2025-08-09 18:30:00';
-- next transaction
CREATE OR REPLACE FUNCTION update_updated_at_column() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.updated_at = CURRENT_TIMESTAMP; RETURN NEW; END $$;
CREATE TRIGGER update_clientes_eventos_updated_at BEFORE UPDATE ON clientes_eventos
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER update_equipamentos_eventos_updated_at BEFORE UPDATE ON equipamentos_eventos
    FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE OR REPLACE VIEW v_validacoes_resumo AS
    SELECT e.id AS evento_id, e.nome AS evento_nome, count(v.id) AS total_validacoes,
        count(*) FILTER (WHERE v.sucesso) AS validacoes_sucesso, max(v.timestamp_validacao) AS ultima_validacao
    FROM eventos e LEFT JOIN validacoes_acesso v ON v.evento_id = e.id GROUP BY e.id, e.nome;
CREATE OR REPLACE VIEW v_equipamentos_status AS
    SELECT eq.id, eq.nome, eq.tipo, eq.ip_address, eq.status, eq.ultima_atividade, e.nome AS evento_nome, u.nome AS responsavel_nome
    FROM equipamentos_eventos eq LEFT JOIN eventos e ON e.id = eq.evento_id LEFT JOIN usuarios u ON u.id = eq.responsavel_id;
