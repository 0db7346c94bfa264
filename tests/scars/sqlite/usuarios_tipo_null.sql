-- usuarios rebuilt with a type that may be missing, and a user who has none.
-- scripts: backend/fix_user_types.py
-- needs: states 1-22, 27
-- touches: usuarios
-- outcome: refused: usuarios.tipo: 1 row holds NULL where the schema needs a value
PRAGMA foreign_keys = OFF;
CREATE TABLE usuarios_new (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo VARCHAR(20), ativo BOOLEAN DEFAULT 1,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME);
INSERT INTO usuarios_new (id, cpf, nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em, atualizado_em)
    SELECT id, cpf, nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em, atualizado_em FROM usuarios;
DROP TABLE usuarios;
ALTER TABLE usuarios_new RENAME TO usuarios;
UPDATE usuarios SET tipo = NULL WHERE id = (SELECT min(id) FROM usuarios);
