-- usuarios rebuilt without its company: no index but the automatic ones, and defaults the models do not have.
-- scripts: backend/remove_empresa_id_column.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE usuarios_new (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo VARCHAR(20) NOT NULL, ativo BOOLEAN DEFAULT 1,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME DEFAULT CURRENT_TIMESTAMP);
INSERT INTO usuarios_new (id, cpf, nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em, atualizado_em)
    SELECT id, cpf, nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em, atualizado_em FROM usuarios;
DROP TABLE usuarios;
ALTER TABLE usuarios_new RENAME TO usuarios;
