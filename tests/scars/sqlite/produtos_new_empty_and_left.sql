-- A rebuild of produtos that failed at its copy: an empty produtos_new with a foreign key of its own.
-- scripts: migrate_simple.py, remove_evento_id_migration.py
-- needs: states 3-27
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_new (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(50) NOT NULL, preco DECIMAL(10,2) NOT NULL,
    codigo_interno VARCHAR(20), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0,
    estoque_maximo INTEGER DEFAULT 1000,
    controla_estoque BOOLEAN DEFAULT 1, status VARCHAR(50) DEFAULT 'ATIVO', categoria VARCHAR(100), imagem_url VARCHAR(500),
    empresa_id INTEGER, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME, FOREIGN KEY (empresa_id)
    REFERENCES empresas (id));
