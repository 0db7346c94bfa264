-- The first MEEP table by script, and the application's columns added by hand beside the script's so that its ORM can
-- read them: created_at beside criado_em, filled for new rows only.
-- scripts: backend/meep_migration.sql
-- needs: states 1-10
-- touches: usuarios, eventos
-- absent: clientes_eventos
-- outcome: home
CREATE TABLE clientes_eventos (
    id SERIAL PRIMARY KEY, cpf VARCHAR(11) UNIQUE NOT NULL, nome_completo VARCHAR(255) NOT NULL, nome_social VARCHAR(255),
    data_nascimento DATE, nome_mae VARCHAR(255), telefone VARCHAR(20), email VARCHAR(255), status VARCHAR(50) DEFAULT 'ativo',
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
INSERT INTO clientes_eventos (cpf, nome_completo, data_nascimento, email, created_at, updated_at) VALUES
    ('00000000001', 'Cliente de Teste', DATE '1990-02-28', 'teste@meep.example', '2025-08-09 18:30:00', '2025-08-09 18:30:00'),
    ('00000000002', 'Ação d''Ávila', NULL, NULL, '2025-08-09 18:30:00', '2025-08-10 03:00:00.123456');
-- next transaction
ALTER TABLE clientes_eventos ADD COLUMN criado_em TIMESTAMPTZ DEFAULT now(), ADD COLUMN atualizado_em TIMESTAMPTZ;
UPDATE clientes_eventos SET criado_em = NULL;
INSERT INTO clientes_eventos (cpf, nome_completo, criado_em, created_at, updated_at)
    VALUES ('00000000003', 'Pelo ORM', TIMESTAMPTZ '2025-08-12 10:00:00Z', TIMESTAMP '2025-08-12 10:00:00',
    TIMESTAMP '2025-08-12 10:00:00');
