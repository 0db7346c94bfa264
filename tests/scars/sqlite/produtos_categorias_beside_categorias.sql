-- Both category tables, as in the committed development database: one row in both, one number taken by two different
-- rows, one row only in the old table.
-- scripts: backend/create_categorias_table.py
-- needs: states 16-27
-- touches: categorias_produtos, eventos, empresas
-- absent: produtos_categorias
-- outcome: home
CREATE TABLE produtos_categorias (
    id INTEGER NOT NULL, nome VARCHAR(100) NOT NULL, descricao TEXT, cor VARCHAR(7), ativo BOOLEAN, evento_id INTEGER NOT NULL,
    empresa_id INTEGER, criado_em DATETIME DEFAULT (CURRENT_TIMESTAMP), atualizado_em DATETIME, PRIMARY KEY (id),
    FOREIGN KEY(evento_id) REFERENCES eventos (id), FOREIGN KEY(empresa_id) REFERENCES empresas (id));
CREATE INDEX ix_produtos_categorias_id ON produtos_categorias (id);
CREATE INDEX ix_produtos_categorias_nome ON produtos_categorias (nome);
INSERT INTO produtos_categorias SELECT * FROM categorias_produtos ORDER BY id LIMIT 2;
UPDATE produtos_categorias SET nome = 'Sobremesas', cor = '#f59e0b' WHERE id = (SELECT max(id) FROM produtos_categorias);
INSERT INTO produtos_categorias SELECT 901, 'Drinks', NULL, '#ef4444', 1, evento_id, empresa_id, criado_em, NULL
    FROM produtos_categorias ORDER BY id LIMIT 1;
