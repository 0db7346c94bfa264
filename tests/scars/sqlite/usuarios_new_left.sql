-- A rebuild of usuarios that failed at its copy: an empty usuarios_new.
-- scripts: backend/remove_empresa_id_column.py, remove_tipo_usuario_definitivo.py
-- needs: states 1-27
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_new (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo VARCHAR(20) NOT NULL DEFAULT 'cliente', ativo BOOLEAN DEFAULT 1,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME DEFAULT CURRENT_TIMESTAMP);
