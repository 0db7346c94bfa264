-- clientes_eventos made anew, and the same people registered again under other ids: entries still refer to the old ones.
-- scripts: backend/fix_produtos_sqlite_migration.py
-- needs: states 11-27
-- touches: clientes_eventos, validacoes_acesso
-- outcome: home
ALTER TABLE clientes_eventos RENAME TO clientes_eventos_old;
CREATE TABLE clientes_eventos (
    id INTEGER NOT NULL PRIMARY KEY, cpf VARCHAR(11) NOT NULL, nome_completo VARCHAR(255) NOT NULL,
    nome_social VARCHAR(255), data_nascimento DATE, nome_mae VARCHAR(255), telefone VARCHAR(20), email VARCHAR(255),
    status VARCHAR(50), criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME);
INSERT INTO clientes_eventos
    SELECT (SELECT max(id) FROM clientes_eventos_old) + 1 - id, cpf, nome_completo, nome_social, data_nascimento, nome_mae,
        telefone, email, status, '2025-08-29 12:00:00', atualizado_em FROM clientes_eventos_old;
UPDATE clientes_eventos SET id = 1000 + id WHERE id % 2;
