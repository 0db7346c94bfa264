-- Product categories by script: server defaults, indexes named idx_, default rows for some events, and
-- produtos.categoria_id unless it exists (then it goes on referring to produtos_categorias).
-- scripts: backend/create_produtos_migration.py
-- needs: states 3-27
-- touches: produtos, eventos, empresas
-- outcome: home
CREATE TABLE IF NOT EXISTS categorias_produtos (
    id SERIAL PRIMARY KEY, nome VARCHAR(100) NOT NULL, descricao TEXT, cor VARCHAR(7) DEFAULT '#3b82f6', ativo BOOLEAN DEFAULT true,
    evento_id INTEGER NOT NULL REFERENCES eventos (id), empresa_id INTEGER REFERENCES empresas (id),
    criado_em TIMESTAMPTZ DEFAULT now(), atualizado_em TIMESTAMPTZ DEFAULT now());
-- next transaction
CREATE INDEX IF NOT EXISTS idx_categorias_produtos_id ON categorias_produtos (id);
CREATE INDEX IF NOT EXISTS idx_categorias_produtos_nome ON categorias_produtos (nome);
CREATE INDEX IF NOT EXISTS idx_categorias_produtos_evento_id ON categorias_produtos (evento_id);
CREATE INDEX IF NOT EXISTS idx_categorias_produtos_ativo ON categorias_produtos (ativo);
-- next transaction
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'produtos' AND column_name = 'categoria_id') THEN
        ALTER TABLE produtos ADD COLUMN categoria_id INTEGER REFERENCES categorias_produtos (id);
        CREATE INDEX IF NOT EXISTS idx_produtos_categoria_id ON produtos (categoria_id);
    END IF;
END $$;
-- next transaction
INSERT INTO categorias_produtos (nome, descricao, cor, evento_id, criado_em, atualizado_em)
    SELECT nome, descricao, '#10b981', e.id, TIMESTAMPTZ '2025-08-19 12:00:00Z', TIMESTAMPTZ '2025-08-19 12:00:00Z'
    FROM (SELECT id FROM eventos ORDER BY id LIMIT 2) e,
        (VALUES ('Bebidas', 'Bebidas em geral'), ('Comidas', 'Pratos e lanches')) AS d (nome, descricao)
    ORDER BY e.id, nome;
