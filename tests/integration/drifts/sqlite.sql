-- Single-object drifts of the head schema on SQLite, in the form of postgresql.sql. SQLite alters next to nothing in
-- place: "-- in TABLE: old => new" makes the empty table again from its own statement with that text replaced.

-- table missing
-- mended by operations
-- > table formas_pagamento
DROP TABLE formas_pagamento;

-- table renamed
-- mended by operations
-- > table formas_pagamento
-- > note table formas_old
ALTER TABLE formas_pagamento RENAME TO formas_old;

-- view in place of a table
-- mended by operations
-- > table formas_pagamento
DROP TABLE formas_pagamento;
CREATE VIEW formas_pagamento AS SELECT 1 AS id;

-- unknown table
-- > note table produtos_old
CREATE TABLE produtos_old (id INTEGER PRIMARY KEY, x TEXT UNIQUE CHECK (x > 'a'), y INTEGER REFERENCES produtos);

-- unknown view
-- > note view v
CREATE VIEW v AS SELECT id FROM usuarios;

-- ids that are never used again
-- mended by operations
-- > table formas_pagamento
-- in formas_pagamento: id INTEGER NOT NULL => id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT
-- in formas_pagamento: PRIMARY KEY (id), =>

-- rows replaced instead of refused
-- mended by operations
-- > table usuarios
-- in usuarios: UNIQUE (email) => UNIQUE (email) ON CONFLICT REPLACE

-- keys checked too late
-- mended by operations
-- > table itens_venda_pdv
-- in itens_venda_pdv: REFERENCES produtos (id) => REFERENCES produtos (id) DEFERRABLE INITIALLY DEFERRED

-- column missing
-- mended by operations
-- > column usuarios.telefone
ALTER TABLE usuarios DROP COLUMN telefone;

-- column with its key and index missing
-- mended by operations
-- > column produtos.empresa_id
-- in produtos: empresa_id INTEGER, =>
-- in produtos: , FOREIGN KEY(empresa_id) REFERENCES empresas (id) =>
DROP INDEX idx_produtos_empresa_id;

-- column renamed
-- mended by operations
-- > column usuarios.telefone
-- > note column usuarios.fone
ALTER TABLE usuarios RENAME COLUMN telefone TO fone;

-- unknown nullable column
-- > note column usuarios.tipo_usuario
ALTER TABLE usuarios ADD COLUMN tipo_usuario VARCHAR(20);

-- unknown column with a default
-- > note column usuarios.x
ALTER TABLE usuarios ADD COLUMN x INTEGER NOT NULL DEFAULT 1;

-- unknown column with a key, a check and an index
-- > note column usuarios.x
-- > note foreign key usuarios(x)
-- > note check usuarios(x)
-- > note index usuarios.i
ALTER TABLE usuarios ADD COLUMN x INTEGER REFERENCES eventos (id) CHECK (x > 0);
CREATE INDEX i ON usuarios (x);

-- unknown column that blocks inserts
-- mended by operations
-- > column usuarios.x
-- in usuarios: ativo BOOLEAN => x INTEGER NOT NULL, ativo BOOLEAN

-- type
-- mended by operations
-- > column usuarios.nome
-- in usuarios: nome VARCHAR(255) => nome TEXT

-- length
-- mended by operations
-- > column produtos.tipo
-- in produtos: tipo VARCHAR(8) => tipo VARCHAR(50)

-- same affinity, another type
-- mended by operations
-- > column produtos.preco
-- in produtos: NUMERIC(10, 2) => DECIMAL(10,2)

-- may be NULL
-- mended by operations
-- > column usuarios.nome
-- in usuarios: nome VARCHAR(255) NOT NULL => nome VARCHAR(255)

-- must not be NULL
-- mended by operations
-- > column usuarios.telefone
-- in usuarios: telefone VARCHAR(20) => telefone VARCHAR(20) NOT NULL

-- default lost
-- mended by operations
-- > column usuarios.criado_em
-- in usuarios: DEFAULT CURRENT_TIMESTAMP =>

-- default added
-- mended by operations
-- > column produtos.estoque_atual
-- in produtos: estoque_atual INTEGER => estoque_atual INTEGER DEFAULT 0

-- default changed
-- mended by operations
-- > column usuarios.criado_em
-- in usuarios: DEFAULT CURRENT_TIMESTAMP => DEFAULT CURRENT_DATE

-- collation
-- mended by operations
-- > column usuarios.email
-- in usuarios: email VARCHAR(255) => email VARCHAR(255) COLLATE NOCASE

-- generated column
-- mended by operations
-- > column produtos.imagem_url
-- in produtos: imagem_url VARCHAR(500) => imagem_url VARCHAR(500) AS (nome) STORED

-- primary key missing
-- mended by operations
-- > primary key formas_pagamento
-- in formas_pagamento: PRIMARY KEY (id), =>

-- primary key on two columns
-- mended by operations
-- > primary key formas_pagamento
-- in formas_pagamento: PRIMARY KEY (id), => PRIMARY KEY (id, nome),

-- foreign key missing
-- mended by operations
-- > foreign key produtos(empresa_id)
-- in produtos: , FOREIGN KEY(empresa_id) REFERENCES empresas (id) =>

-- foreign key on a leftover
-- mended by operations
-- > foreign key itens_venda_pdv(produto_id)
-- in itens_venda_pdv: REFERENCES produtos (id) => REFERENCES "produtos_old" (id)

-- foreign key on another column
-- mended by operations
-- > foreign key itens_venda_pdv(produto_id)
-- > foreign key itens_venda_pdv(quantidade)
-- in itens_venda_pdv: FOREIGN KEY(produto_id) => FOREIGN KEY(quantidade)

-- foreign key ON DELETE
-- mended by operations
-- > foreign key itens_venda_pdv(produto_id)
-- in itens_venda_pdv: REFERENCES produtos (id) => REFERENCES produtos (id) ON DELETE CASCADE

-- foreign key ON UPDATE
-- mended by operations
-- > foreign key itens_venda_pdv(produto_id)
-- in itens_venda_pdv: REFERENCES produtos (id) => REFERENCES produtos (id) ON UPDATE CASCADE

-- foreign key twice
-- mended by operations
-- > foreign key itens_venda_pdv(produto_id)
-- in itens_venda_pdv: produto_id INTEGER NOT NULL => produto_id INTEGER NOT NULL REFERENCES produtos_old (id)

-- unique missing
-- mended by operations
-- > unique usuarios(email)
-- in usuarios: , UNIQUE (email) =>

-- unknown unique
-- mended by operations
-- > unique usuarios(nome)
-- in usuarios: nome VARCHAR(255) NOT NULL => nome VARCHAR(255) NOT NULL UNIQUE

-- unique whatever the case
-- mended by operations
-- > unique usuarios(email)
-- in usuarios: UNIQUE (email) => UNIQUE (email COLLATE NOCASE)

-- unknown column whose check blocks inserts
-- mended by operations
-- > column usuarios.x
-- > note check usuarios(x)
-- in usuarios: ativo BOOLEAN => x INTEGER CHECK (x IS NOT NULL), ativo BOOLEAN

-- unknown column whose check lets a default through
-- > note column usuarios.x
-- > note check usuarios(x)
-- in usuarios: ativo BOOLEAN => x INTEGER DEFAULT 1 CHECK (x IS NOT NULL), ativo BOOLEAN

-- nothing checks a value that is missing
-- mended by operations
-- > table usuarios
-- in usuarios: nome VARCHAR(255) NOT NULL => nome VARCHAR(255) NOT NULL ON CONFLICT IGNORE

-- table without row numbers
-- mended by operations
-- > table conquistas
-- in conquistas: PRIMARY KEY (id)) => PRIMARY KEY (id)) WITHOUT ROWID

-- foreign key that empties its column
-- mended by operations
-- > foreign key itens_venda_pdv(produto_id)
-- in itens_venda_pdv: REFERENCES produtos (id) => REFERENCES produtos (id) ON DELETE SET NULL

-- unknown check
-- mended by operations
-- > check produtos(preco)
-- in produtos: preco NUMERIC(10, 2) => preco NUMERIC(10, 2) CHECK (preco > 0)

-- index missing
-- > index usuarios.ix_usuarios_id
DROP INDEX ix_usuarios_id;

-- index renamed
-- > index produtos.ix_produtos_id
DROP INDEX ix_produtos_id;
CREATE INDEX ix_produtos_old_id ON produtos (id);

-- index not unique
-- > index usuarios.ix_usuarios_cpf
DROP INDEX ix_usuarios_cpf;
CREATE INDEX ix_usuarios_cpf ON usuarios (cpf);

-- index partial
-- > index usuarios.ix_usuarios_cpf
DROP INDEX ix_usuarios_cpf;
CREATE UNIQUE INDEX ix_usuarios_cpf ON usuarios (cpf) WHERE ativo;

-- index on an expression
-- > index usuarios.ix_usuarios_cpf
DROP INDEX ix_usuarios_cpf;
CREATE UNIQUE INDEX ix_usuarios_cpf ON usuarios (lower(cpf));

-- index on another table
-- > index usuarios.ix_usuarios_id
-- > index empresas.ix_usuarios_id
DROP INDEX ix_usuarios_id;
CREATE INDEX ix_usuarios_id ON empresas (nome);

-- index whatever the case
-- > index usuarios.ix_usuarios_cpf
DROP INDEX ix_usuarios_cpf;
CREATE UNIQUE INDEX ix_usuarios_cpf ON usuarios (cpf COLLATE NOCASE);

-- index descending
-- > index usuarios.ix_usuarios_id
DROP INDEX ix_usuarios_id;
CREATE INDEX ix_usuarios_id ON usuarios (id DESC);

-- unknown index
-- > index usuarios.idx_usuarios_email
CREATE INDEX IF NOT EXISTS idx_usuarios_email ON usuarios (email);

-- trigger missing
-- > trigger usuarios.usuarios_tipo_maiusculo_update
DROP TRIGGER usuarios_tipo_maiusculo_update;

-- trigger that does something else
-- > trigger usuarios.usuarios_tipo_maiusculo_insert
DROP TRIGGER usuarios_tipo_maiusculo_insert;
CREATE TRIGGER usuarios_tipo_maiusculo_insert AFTER INSERT ON usuarios BEGIN SELECT 1; END;

-- trigger under a condition
-- > trigger usuarios.usuarios_tipo_maiusculo_insert
DROP TRIGGER usuarios_tipo_maiusculo_insert;
CREATE TRIGGER usuarios_tipo_maiusculo_insert AFTER INSERT ON usuarios WHEN 0
BEGIN UPDATE usuarios SET tipo = upper(trim(tipo)) WHERE id = NEW.id; END;

-- unknown trigger on inserts that names an unknown column
-- > trigger usuarios.t
-- > note column usuarios.x
ALTER TABLE usuarios ADD COLUMN x INTEGER;
CREATE TRIGGER t BEFORE INSERT ON usuarios WHEN NEW.x IS NULL BEGIN SELECT RAISE(IGNORE); END;

-- unknown trigger on changes of an unknown column
-- > note trigger usuarios.t
-- > note column usuarios.x
ALTER TABLE usuarios ADD COLUMN x INTEGER;
CREATE TRIGGER t AFTER UPDATE OF x ON usuarios BEGIN SELECT 1; END;

-- unknown trigger
-- > trigger produtos.t
CREATE TRIGGER t BEFORE UPDATE ON produtos BEGIN SELECT RAISE(IGNORE); END;

-- row in lower case
-- > rows comandas.status
INSERT INTO comandas (numero_comanda, tipo, status, evento_id) VALUES ('1', 'RFID', 'ativa', 1);

-- row with a value nobody knows
-- mended by operations
-- > rows produtos.tipo
INSERT INTO produtos (nome, tipo, preco) VALUES ('n', 'SORVETE', 1);

-- no difference: another order of columns
ALTER TABLE usuarios DROP COLUMN telefone;
ALTER TABLE usuarios ADD COLUMN telefone VARCHAR(20);

-- no difference: another spelling
-- in usuarios: CREATE TABLE usuarios => create table "usuarios"
-- in usuarios: nome VARCHAR(255) NOT NULL => /* full */ [nome] varchar( 255 ) not null
-- in usuarios: UNIQUE (email) => CONSTRAINT uq_email UNIQUE (email)
-- in usuarios: id INTEGER NOT NULL => id INTEGER PRIMARY KEY
-- in usuarios: PRIMARY KEY (id), =>
-- in usuarios: DEFAULT CURRENT_TIMESTAMP => DEFAULT (current_timestamp)
DROP INDEX ix_usuarios_cpf;
CREATE UNIQUE INDEX "ix_usuarios_cpf" ON "usuarios" (`cpf` ASC);

-- no difference: what is retired, and the migrations' own tables
CREATE TABLE retired_usuarios (id INTEGER PRIMARY KEY, cpf TEXT UNIQUE);
CREATE TABLE retired_register (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY);
CREATE TABLE migration_history (id INTEGER PRIMARY KEY);

-- no difference: a row of every kind
INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo) VALUES ('1', 'n', 'e', 's', ' admin ');
INSERT INTO produtos (nome, tipo, preco) VALUES ('n', 'BEBIDA', 1);
