-- The script's equipment table lets a row be without an event; the models' does not.
-- scripts: backend/meep_migration.sql
-- needs: states 1-10
-- touches: usuarios, eventos
-- absent: equipamentos_eventos
-- outcome: refused: equipamentos_eventos.evento_id: 1 row holds NULL where the schema needs a value
CREATE TABLE equipamentos_eventos (
    id SERIAL PRIMARY KEY, evento_id INTEGER REFERENCES eventos (id) ON DELETE CASCADE, nome VARCHAR(255) NOT NULL,
    tipo VARCHAR(100) NOT NULL, ip_address INET NOT NULL, mac_address VARCHAR(17), status VARCHAR(50) DEFAULT 'offline',
    ultima_atividade TIMESTAMP, configuracao JSONB, localizacao VARCHAR(255), responsavel_id INTEGER REFERENCES usuarios (id),
    heartbeat_interval INTEGER DEFAULT 30, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    UNIQUE (evento_id, ip_address));
-- next transaction
INSERT INTO equipamentos_eventos (nome, tipo, ip_address, created_at, updated_at) VALUES ('Totem', 'totem', '10.1.2.3',
    '2025-08-09 18:30:00', '2025-08-09 18:30:00');
