-- usuarios rebuilt with checked text under the new name instead of tipo; usuarios_backup_enum has what was, without
-- types or keys.
-- scripts: fix_tipousuario_sqlite.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE usuarios_backup_enum AS SELECT * FROM usuarios;
CREATE TABLE usuarios_new (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo_usuario VARCHAR(20) NOT NULL CHECK (tipo_usuario IN ('admin',
    'promoter', 'cliente')), ativo BOOLEAN DEFAULT 1,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME);
INSERT INTO usuarios_new (id, cpf, nome, email, telefone, senha_hash, tipo_usuario, ativo, ultimo_login, criado_em, atualizado_em)
    SELECT id, cpf, nome, email, telefone, senha_hash, lower(tipo), ativo, ultimo_login, criado_em, atualizado_em FROM usuarios;
DROP TABLE usuarios;
ALTER TABLE usuarios_new RENAME TO usuarios;
CREATE UNIQUE INDEX idx_usuarios_cpf ON usuarios (cpf);
CREATE UNIQUE INDEX idx_usuarios_email ON usuarios (email);
CREATE INDEX idx_usuarios_id ON usuarios (id);
