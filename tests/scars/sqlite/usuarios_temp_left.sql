-- A rebuild of usuarios that failed at its copy: an empty usuarios_temp with automatic indexes, at which two scripts
-- stop.
-- scripts: backend/make_empresa_optional_migration.py, backend/recreate_table_migration.py
-- needs: states 1-27
-- touches: usuarios, empresas
-- outcome: home
CREATE TABLE usuarios_temp (
    id INTEGER PRIMARY KEY, cpf VARCHAR(14) UNIQUE NOT NULL, nome VARCHAR(255) NOT NULL, email VARCHAR(255) UNIQUE NOT NULL,
    telefone VARCHAR(20), senha_hash VARCHAR(255) NOT NULL, tipo VARCHAR(20) NOT NULL, ativo BOOLEAN DEFAULT 1, empresa_id INTEGER,
    ultimo_login DATETIME, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME, FOREIGN KEY (empresa_id)
    REFERENCES empresas (id));
