-- Rebuilds of usuarios tried by hand and given up: an empty usuarios_temp, and a filled usuarios_new whose default
-- draws from the sequence of usuarios.
-- scripts: backend/recreate_table_migration.py, backend/remove_empresa_id_column.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_temp (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo VARCHAR(20) NOT NULL, ativo BOOLEAN DEFAULT true,
    empresa_id INTEGER REFERENCES empresas (id), ultimo_login TIMESTAMP, criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    atualizado_em TIMESTAMP);
CREATE TABLE usuarios_new (LIKE usuarios INCLUDING ALL);
INSERT INTO usuarios_new SELECT * FROM usuarios;
