-- A rebuild of produtos that failed at its copy: an empty produtos_temp, at which three scripts stop.
-- scripts: backend/fix_produtos_sqlite.py, backend/fix_constraint_sqlite.py
-- needs: states 3-27
-- touches: produtos
-- outcome: home
CREATE TABLE produtos_temp (
    id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, tipo VARCHAR(8) NOT NULL, preco NUMERIC(10, 2) NOT NULL,
    codigo_barras VARCHAR(50), codigo_interno VARCHAR(20), estoque_atual INTEGER, estoque_minimo INTEGER,
    estoque_maximo INTEGER, controla_estoque BOOLEAN, status VARCHAR(8), categoria VARCHAR(100),
    categoria_id INTEGER, imagem_url VARCHAR(500), marca VARCHAR(100), fornecedor VARCHAR(200), preco_custo NUMERIC(10, 2),
    margem_lucro NUMERIC(5, 2), unidade_medida VARCHAR(10), volume NUMERIC(8, 2), teor_alcoolico NUMERIC(4, 2),
    temperatura_ideal VARCHAR(20), validade_dias INTEGER, ncm VARCHAR(8), icms NUMERIC(5, 2), ipi NUMERIC(5, 2), destaque BOOLEAN,
    promocional BOOLEAN, observacoes TEXT, evento_id INTEGER, empresa_id INTEGER, criado_em DATETIME,
    atualizado_em DATETIME);
