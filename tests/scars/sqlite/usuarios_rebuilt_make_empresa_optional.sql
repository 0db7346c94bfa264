-- usuarios rebuilt so that empresa_id may be NULL: tipo VARCHAR(50), uniqueness by two automatic indexes,
-- ix_usuarios_cpf no longer unique, a server default.
-- scripts: backend/make_empresa_optional_migration.py
-- needs: states 1-8
-- touches: usuarios
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE usuarios_temp (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo VARCHAR(50) NOT NULL, ativo BOOLEAN DEFAULT 1, empresa_id INTEGER,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME, FOREIGN KEY (empresa_id)
    REFERENCES empresas (id));
INSERT INTO usuarios_temp SELECT id, cpf, nome, email, telefone, senha_hash, tipo, ativo, empresa_id, ultimo_login, criado_em,
    atualizado_em FROM usuarios;
DROP TABLE usuarios;
ALTER TABLE usuarios_temp RENAME TO usuarios;
CREATE INDEX ix_usuarios_cpf ON usuarios (cpf);
CREATE INDEX ix_usuarios_id ON usuarios (id);
UPDATE usuarios SET empresa_id = NULL WHERE id % 2 = 1;
