-- The clean-up whose copy failed and whose next statements ran: produtos is empty, and what was sold refers to
-- nothing.
-- scripts: backend/apply_produtos_cleanup.py
-- needs: states 3-23
-- touches: produtos
-- outcome: refused: rows of produtos that do not exist
PRAGMA foreign_keys = OFF;
CREATE TABLE produtos_temp (
    id INTEGER PRIMARY KEY AUTOINCREMENT, nome VARCHAR(100) NOT NULL, tipo VARCHAR(20) DEFAULT 'PRODUTO',
    preco DECIMAL(10,2) NOT NULL,
    categoria VARCHAR(50), estoque_atual INTEGER DEFAULT 0, estoque_minimo INTEGER DEFAULT 0, estoque_maximo INTEGER DEFAULT 1000,
    controla_estoque BOOLEAN DEFAULT TRUE, status VARCHAR(20) DEFAULT 'ATIVO', imagem_url VARCHAR(255),
    codigo_interno VARCHAR(50) UNIQUE,
    criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, atualizado_em DATETIME DEFAULT CURRENT_TIMESTAMP);
DROP TABLE produtos;
ALTER TABLE produtos_temp RENAME TO produtos;
CREATE INDEX idx_produtos_nome ON produtos (nome);
CREATE INDEX idx_produtos_categoria ON produtos (categoria);
CREATE INDEX idx_produtos_status ON produtos (status);
CREATE UNIQUE INDEX idx_produtos_codigo_interno ON produtos (codigo_interno);
