-- produtos rebuilt by a script that kept no key, no UNIQUE and no default: a row written since has no criado_em.
-- scripts: backend/fix_constraint_sqlite.py
-- needs: states 13-18
-- touches: produtos
-- outcome: home
PRAGMA foreign_keys = OFF;
CREATE TABLE produtos_temp (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(8) NOT NULL, preco NUMERIC(10, 2) NOT NULL,
    codigo_barras VARCHAR(50), codigo_interno VARCHAR(20), estoque_atual INTEGER, estoque_minimo INTEGER,
    estoque_maximo INTEGER, controla_estoque BOOLEAN, status VARCHAR(8), categoria VARCHAR(100),
    categoria_id INTEGER, imagem_url VARCHAR(500), marca VARCHAR(100), fornecedor VARCHAR(200), preco_custo NUMERIC(10, 2),
    margem_lucro NUMERIC(5, 2), unidade_medida VARCHAR(10), volume NUMERIC(8, 2), teor_alcoolico NUMERIC(4, 2),
    temperatura_ideal VARCHAR(20), validade_dias INTEGER, ncm VARCHAR(8), icms NUMERIC(5, 2), ipi NUMERIC(5, 2), destaque BOOLEAN,
    promocional BOOLEAN, observacoes TEXT, evento_id INTEGER, empresa_id INTEGER, criado_em DATETIME,
    atualizado_em DATETIME);
INSERT INTO produtos_temp (id, nome, descricao, tipo, preco, codigo_barras, codigo_interno, estoque_atual, estoque_minimo,
    estoque_maximo, controla_estoque, status,
    categoria, categoria_id, imagem_url, marca, fornecedor, preco_custo, margem_lucro, unidade_medida, volume, teor_alcoolico,
    temperatura_ideal, validade_dias, ncm, icms, ipi, destaque, promocional, observacoes, evento_id, empresa_id, criado_em,
    atualizado_em)
    SELECT id, nome, descricao, tipo, preco, codigo_barras, codigo_interno, estoque_atual, estoque_minimo, estoque_maximo,
    controla_estoque, status,
    categoria, categoria_id, imagem_url, marca, fornecedor, preco_custo, margem_lucro, unidade_medida, volume, teor_alcoolico,
    temperatura_ideal, validade_dias, ncm, icms, ipi, destaque, promocional, observacoes, evento_id, empresa_id, criado_em,
    atualizado_em FROM produtos;
DROP TABLE produtos;
ALTER TABLE produtos_temp RENAME TO produtos;
CREATE INDEX idx_produtos_nome ON produtos (nome);
CREATE INDEX idx_produtos_tipo ON produtos (tipo);
CREATE INDEX idx_produtos_categoria ON produtos (categoria);
INSERT INTO produtos (nome, tipo, preco) VALUES ('Sem data', 'BEBIDA', 4.5);
