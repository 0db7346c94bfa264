-- The same script a second time: its backup is now of the converted table, and an empty usuarios_new blocks every
-- later run.
-- scripts: fix_tipousuario_sqlite.py
-- needs: states 23-24
-- touches: usuarios
-- outcome: home
CREATE TABLE usuarios_backup_enum AS SELECT * FROM usuarios;
CREATE TABLE usuarios_new (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo_usuario VARCHAR(20) NOT NULL CHECK (tipo_usuario IN ('admin',
    'promoter', 'cliente')), ativo BOOLEAN DEFAULT 1,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME);
