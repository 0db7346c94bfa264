-- Columns put back by hand, one that compares without case and one without blanks at its end.
-- scripts: backend/recreate_table_migration.py
-- needs: states 9-22
-- touches: usuarios
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE usuarios_rebuilt (
    id INTEGER NOT NULL, cpf VARCHAR(14) NOT NULL COLLATE RTRIM, nome VARCHAR(255) NOT NULL,
    email VARCHAR(255) COLLATE NOCASE NOT NULL, telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL,
    tipo VARCHAR(8) NOT NULL, ativo BOOLEAN, ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP,
    atualizado_em DATETIME, PRIMARY KEY (id), UNIQUE (email COLLATE NOCASE));
INSERT INTO usuarios_rebuilt SELECT id, cpf, nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em,
    atualizado_em FROM usuarios;
DROP TABLE usuarios;
PRAGMA legacy_alter_table = ON;
ALTER TABLE usuarios_rebuilt RENAME TO usuarios;
CREATE UNIQUE INDEX ix_usuarios_cpf ON usuarios (cpf);
