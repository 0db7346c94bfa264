-- A rebuild of usuarios killed between copy and swap, and a user registered since.
-- scripts: backend/remove_empresa_id_column.py
-- needs: states 1-22
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_new (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo VARCHAR(20) NOT NULL, ativo BOOLEAN DEFAULT 1,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME DEFAULT CURRENT_TIMESTAMP);
INSERT INTO usuarios_new (id, cpf, nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em, atualizado_em)
    SELECT id, cpf, nome, email, telefone, senha_hash, tipo, ativo, ultimo_login, criado_em, atualizado_em FROM usuarios
    WHERE id < (SELECT max(id) FROM usuarios);
UPDATE usuarios SET telefone = '11 90000-0000' WHERE id % 2 = 0;
