-- The first production script killed between copy and swap: produtos_new holds every row beside an intact produtos.
-- scripts: migrate_postgres_production.py
-- needs: states 3-18, 20
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_new (
    id SERIAL PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, preco NUMERIC(10, 2) NOT NULL, categoria VARCHAR(100),
    tipo VARCHAR(50) NOT NULL, codigo_interno VARCHAR(20), imagem_url TEXT, estoque_atual INTEGER DEFAULT 0,
    estoque_minimo INTEGER DEFAULT 0, estoque_maximo INTEGER DEFAULT 1000, controla_estoque BOOLEAN DEFAULT false,
    status VARCHAR(20) DEFAULT 'ATIVO', empresa_id INTEGER,
    criado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP, atualizado_em TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
INSERT INTO produtos_new (id, nome, descricao, preco, categoria, tipo, codigo_interno, imagem_url, estoque_atual,
    estoque_minimo, estoque_maximo, controla_estoque, status, empresa_id, criado_em, atualizado_em)
SELECT id, nome, descricao, preco, categoria, tipo, codigo_interno, imagem_url, estoque_atual,
    estoque_minimo, estoque_maximo, controla_estoque, status, empresa_id, criado_em, atualizado_em FROM produtos;
