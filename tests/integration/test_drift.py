"""Every way in which one object can differ from head is found, named exactly, and nothing else is reported.

The worst a verification can do is to say "equal" about a database that is not: each drift here was once made by a
script, a restore, or a hand. Where a finding offers a statement, the statement is run and must leave nothing to find.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa

from painel_migrations import catalog
from painel_migrations.catalog.remedy import MEND
from painel_migrations.schema import TRIGGERS, metadata_for
from tests.support.servers import Server


class Drift(NamedTuple):
    """A drift: a name, the SQL that makes it, what is found: ``kind object``, after ``note`` if it is no failure."""

    name: str
    sql: str
    found: tuple[str, ...]
    since: int = 13


def drift(name: str, sql: str, *found: str, since: int = 13) -> Drift:
    return Drift(name, sql, found, since)


SIGN_UP = "INSERT INTO usuarios (cpf, nome, email, senha_hash, tipo) VALUES ('1', 'n', 'e', 's', 'admin')"
ITEM_KEY = "itens_venda_pdv.itens_venda_pdv_produto_id_fkey"
TO_PRODUTO = "ADD CONSTRAINT itens_venda_pdv_produto_id_fkey FOREIGN KEY (produto_id) REFERENCES produtos (id)"
NEW_KEY = "ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey, " + TO_PRODUTO
FOLD = "usuarios_tipo_maiusculo"
# A role of the application's with all that it needs, from which one thing is taken.
ROLE = (
    "CREATE ROLE drift_role; GRANT ALL ON ALL TABLES IN SCHEMA public TO drift_role; "
    "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO drift_role; GRANT USAGE ON SCHEMA public TO drift_role; "
)

POSTGRESQL = [
    # Tables
    drift("table missing", "DROP TABLE formas_pagamento", "table formas_pagamento"),
    drift(
        "table renamed",
        "ALTER TABLE formas_pagamento RENAME TO formas_old",
        "table formas_pagamento",
        "note table formas_old",
    ),
    drift(
        "view in place of a table",
        "ALTER TABLE formas_pagamento RENAME TO x; CREATE VIEW formas_pagamento AS SELECT * FROM x",
        "table formas_pagamento",
        "note table x",
    ),
    drift("unlogged", "ALTER TABLE formas_pagamento SET UNLOGGED", "table formas_pagamento"),
    drift("row security", "ALTER TABLE usuarios ENABLE ROW LEVEL SECURITY", "table usuarios"),
    drift("row security forced", "ALTER TABLE usuarios FORCE ROW LEVEL SECURITY", "table usuarios"),
    drift("policy", "CREATE POLICY p ON usuarios FOR SELECT USING (ativo)", "policy usuarios.p"),
    drift("rule", "CREATE RULE r AS ON DELETE TO usuarios DO INSTEAD NOTHING", "rule usuarios.r"),
    drift("inherited", "CREATE TABLE u () INHERITS (usuarios)", "table usuarios", "note table u"),
    drift("unknown table", "CREATE TABLE produtos_old (id int PRIMARY KEY, x text UNIQUE)", "note table produtos_old"),
    drift("unknown view", "CREATE VIEW v AS SELECT id FROM usuarios", "note view v"),
    drift("unknown materialized view", "CREATE MATERIALIZED VIEW v AS SELECT 1 AS x", "note view v"),
    # Columns
    drift("column missing", "ALTER TABLE usuarios DROP telefone", "column usuarios.telefone"),
    drift("column with its keys missing", "ALTER TABLE produtos DROP empresa_id", "column produtos.empresa_id"),
    drift(
        "column renamed",
        "ALTER TABLE usuarios RENAME telefone TO fone",
        "column usuarios.telefone",
        "note column usuarios.fone",
    ),
    drift("unknown nullable column", "ALTER TABLE usuarios ADD x int", "note column usuarios.x"),
    drift("unknown column with default", "ALTER TABLE usuarios ADD x int NOT NULL DEFAULT 1", "note column usuarios.x"),
    drift("unknown column that blocks", "ALTER TABLE usuarios ADD x int NOT NULL", "column usuarios.x"),
    drift(
        "unknown column, checked and unique",
        "ALTER TABLE usuarios ADD x int CONSTRAINT c CHECK (x > 0) CONSTRAINT u UNIQUE",
        "note column usuarios.x",
        "note check usuarios.c",
        "note unique usuarios.u",
    ),
    drift("type", "ALTER TABLE usuarios ALTER nome TYPE text", "column usuarios.nome"),
    drift("length", "ALTER TABLE usuarios ALTER nome TYPE varchar(300)", "column usuarios.nome"),
    drift("scale", "ALTER TABLE produtos ALTER preco TYPE numeric(10,3)", "column produtos.preco"),
    drift("time zone", "ALTER TABLE usuarios ALTER ultimo_login TYPE timestamp", "column usuarios.ultimo_login"),
    drift("text for an enum", "ALTER TABLE produtos ALTER tipo TYPE varchar(50)", "column produtos.tipo"),
    drift("may be NULL", "ALTER TABLE usuarios ALTER nome DROP NOT NULL", "column usuarios.nome"),
    drift("must not be NULL", "ALTER TABLE usuarios ALTER telefone SET NOT NULL", "column usuarios.telefone"),
    drift("default lost", "ALTER TABLE usuarios ALTER criado_em DROP DEFAULT", "column usuarios.criado_em"),
    drift("default added", "ALTER TABLE usuarios ALTER ativo SET DEFAULT true", "column usuarios.ativo"),
    drift("default changed", "ALTER TABLE usuarios ALTER criado_em SET DEFAULT '-infinity'", "column usuarios.criado_em"),
    drift("collation", 'ALTER TABLE usuarios ALTER nome TYPE varchar(255) COLLATE "C"', "column usuarios.nome"),
    drift(
        "generated",
        "ALTER TABLE produtos DROP icone_x; ALTER TABLE produtos DROP imagem_url, "
        "ADD imagem_url varchar(500) GENERATED ALWAYS AS (nome) STORED".replace("DROP icone_x; ALTER TABLE produtos ", ""),
        "column produtos.imagem_url",
    ),
    drift(
        "identity",
        "ALTER TABLE formas_pagamento ALTER id DROP DEFAULT, ALTER id ADD GENERATED BY DEFAULT AS IDENTITY",
        "column formas_pagamento.id",
        "sequence formas_pagamento_id_seq1",
    ),
    drift(
        "NOT NULL under a name",
        "ALTER TABLE usuarios RENAME CONSTRAINT usuarios_nome_not_null TO x",
        "not null usuarios.x",
        since=18,
    ),
    # Keys and constraints
    drift(
        "primary key missing",
        "ALTER TABLE formas_pagamento DROP CONSTRAINT formas_pagamento_pkey",
        "primary key formas_pagamento.formas_pagamento_pkey",
    ),
    drift(
        "primary key renamed",
        "ALTER TABLE produtos RENAME CONSTRAINT produtos_pkey TO produtos_new_deploy_pkey",
        "primary key produtos.produtos_pkey",
    ),
    drift(
        "primary key on two columns",
        "ALTER TABLE formas_pagamento DROP CONSTRAINT formas_pagamento_pkey, "
        "ADD CONSTRAINT formas_pagamento_pkey PRIMARY KEY (id, nome)",
        "primary key formas_pagamento.formas_pagamento_pkey",
    ),
    drift(
        "foreign key missing",
        "ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey",
        f"foreign key {ITEM_KEY}",
    ),
    drift(
        "foreign key renamed",
        "ALTER TABLE itens_venda_pdv RENAME CONSTRAINT itens_venda_pdv_produto_id_fkey TO fk",
        f"foreign key {ITEM_KEY}",
    ),
    drift("foreign key on another table", NEW_KEY.replace("produtos (", "vendas_pdv ("), f"foreign key {ITEM_KEY}"),
    drift(
        "foreign key on a leftover",
        "CREATE TABLE produtos_old (id int PRIMARY KEY); " + NEW_KEY.replace("produtos (", "produtos_old ("),
        f"foreign key {ITEM_KEY}",
        "note table produtos_old",
    ),
    drift("ON DELETE", f"{NEW_KEY} ON DELETE CASCADE", f"foreign key {ITEM_KEY}"),
    drift("ON UPDATE", f"{NEW_KEY} ON UPDATE CASCADE", f"foreign key {ITEM_KEY}"),
    drift("NOT VALID", f"{NEW_KEY} NOT VALID", f"foreign key {ITEM_KEY}"),
    drift("deferred", f"{NEW_KEY} DEFERRABLE INITIALLY DEFERRED", f"foreign key {ITEM_KEY}"),
    drift("NOT ENFORCED", f"{NEW_KEY} NOT ENFORCED", f"foreign key {ITEM_KEY}", since=18),
    drift(
        "foreign key twice",
        f"ALTER TABLE itens_venda_pdv {TO_PRODUTO}".replace("produto_id_fkey", "x"),
        "foreign key itens_venda_pdv.itens_venda_pdv_x",
    ),
    drift(
        "foreign key switched off",
        "ALTER TABLE formas_pagamento DISABLE TRIGGER ALL",
        "foreign key formas_pagamento.formas_pagamento_criado_por_fkey",
    ),
    drift(
        "unique missing",
        "ALTER TABLE transacoes DROP CONSTRAINT transacoes_qr_code_ticket_key",
        "unique transacoes.transacoes_qr_code_ticket_key",
    ),
    drift(
        "unique renamed",
        "ALTER TABLE usuarios RENAME CONSTRAINT usuarios_email_key TO uq",
        "unique usuarios.usuarios_email_key",
    ),
    drift(
        "unique index for a constraint",
        "ALTER TABLE usuarios DROP CONSTRAINT usuarios_email_key; "
        "CREATE UNIQUE INDEX usuarios_email_key ON usuarios (email)",
        "unique usuarios.usuarios_email_key",
        "index usuarios.usuarios_email_key",
    ),
    drift(
        "NULLs not distinct",
        "ALTER TABLE transacoes DROP CONSTRAINT transacoes_qr_code_ticket_key, "
        "ADD CONSTRAINT transacoes_qr_code_ticket_key UNIQUE NULLS NOT DISTINCT (qr_code_ticket)",
        "unique transacoes.transacoes_qr_code_ticket_key",
        since=15,
    ),
    drift("unknown unique", "ALTER TABLE usuarios ADD CONSTRAINT u UNIQUE (nome)", "unique usuarios.u"),
    drift("unknown check", "ALTER TABLE produtos ADD CONSTRAINT c CHECK (preco > 0)", "check produtos.c"),
    drift(
        "unknown exclusion",
        "ALTER TABLE produtos ADD CONSTRAINT e EXCLUDE USING btree (nome WITH =)",
        "exclusion produtos.e",
    ),
    # Indexes
    drift("index missing", "DROP INDEX ix_usuarios_id", "index usuarios.ix_usuarios_id"),
    drift("index renamed", "ALTER INDEX ix_produtos_id RENAME TO ix_old", "index produtos.ix_produtos_id"),
    drift(
        "index not unique",
        "DROP INDEX ix_usuarios_cpf; CREATE INDEX ix_usuarios_cpf ON usuarios (cpf)",
        "index usuarios.ix_usuarios_cpf",
    ),
    drift(
        "index partial",
        "DROP INDEX ix_usuarios_cpf; CREATE UNIQUE INDEX ix_usuarios_cpf ON usuarios (cpf) WHERE ativo",
        "index usuarios.ix_usuarios_cpf",
    ),
    drift(
        "index on an expression",
        "DROP INDEX ix_usuarios_cpf; CREATE UNIQUE INDEX ix_usuarios_cpf ON usuarios (lower(cpf))",
        "index usuarios.ix_usuarios_cpf",
    ),
    drift(
        "index of another method",
        "DROP INDEX ix_usuarios_id; CREATE INDEX ix_usuarios_id ON usuarios USING hash (id)",
        "index usuarios.ix_usuarios_id",
    ),
    drift(
        "index on another table",
        "DROP INDEX ix_usuarios_id; CREATE INDEX ix_usuarios_id ON empresas (nome)",
        "index usuarios.ix_usuarios_id",
        "index empresas.ix_usuarios_id",
    ),
    drift(
        "index invalid",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_usuarios_id'::regclass",
        "index usuarios.ix_usuarios_id",
    ),
    drift("unknown index", "CREATE INDEX idx_usuarios_email ON usuarios (email)", "index usuarios.idx_usuarios_email"),
    # Enums
    drift("label added", "ALTER TYPE tipolista ADD VALUE 'X'", "enum tipolista"),
    drift("label renamed", "ALTER TYPE tipolista RENAME VALUE 'VIP' TO 'vip'", "enum tipolista"),
    drift("label elsewhere", "ALTER TYPE tipolista ADD VALUE 'X' BEFORE 'FREE'", "enum tipolista"),
    drift(
        "labels in another order",
        "UPDATE pg_enum SET enumsortorder = -1 WHERE enumlabel = 'cliente'",
        "enum tipousuario",
    ),
    drift(
        "enum renamed",
        "ALTER TYPE tipoproduto RENAME TO tipo_produto",
        "enum tipoproduto",
        "column produtos.tipo",
    ),
    drift("unknown enum", "CREATE TYPE cor AS ENUM ('azul')", "note enum cor"),
    # Triggers and their functions
    drift("trigger missing", f"DROP TRIGGER {FOLD} ON usuarios", f"trigger usuarios.{FOLD}"),
    drift("trigger disabled", f"ALTER TABLE usuarios DISABLE TRIGGER {FOLD}", f"trigger usuarios.{FOLD}"),
    drift("trigger on replicas", f"ALTER TABLE usuarios ENABLE REPLICA TRIGGER {FOLD}", f"trigger usuarios.{FOLD}"),
    drift("trigger renamed", f"ALTER TRIGGER {FOLD} ON usuarios RENAME TO t", f"trigger usuarios.{FOLD}"),
    drift(
        "trigger at another time",
        f"DROP TRIGGER {FOLD} ON usuarios; CREATE TRIGGER {FOLD} BEFORE INSERT ON usuarios "
        f"FOR EACH ROW EXECUTE FUNCTION {FOLD}()",
        f"trigger usuarios.{FOLD}",
    ),
    drift(
        "function replaced",
        f"CREATE OR REPLACE FUNCTION {FOLD}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        f"function {FOLD}()",
    ),
    drift("function of another user", f"ALTER FUNCTION {FOLD}() SECURITY DEFINER", f"function {FOLD}()"),
    drift("function with a setting", f"ALTER FUNCTION {FOLD}() SET search_path = x", f"function {FOLD}()"),
    drift(
        "unknown trigger",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; "
        "CREATE TRIGGER t BEFORE UPDATE ON produtos FOR EACH ROW EXECUTE FUNCTION f()",
        "trigger produtos.t",
    ),
    drift("unknown function", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", "note function f()"),
    # Sequences
    drift("sequence lost", "ALTER TABLE usuarios ALTER id DROP DEFAULT", "column usuarios.id"),
    drift("sequence missing", "DROP SEQUENCE usuarios_id_seq CASCADE", "sequence usuarios_id_seq", "column usuarios.id"),
    drift("sequence not owned", "ALTER SEQUENCE usuarios_id_seq OWNED BY NONE", "sequence usuarios_id_seq"),
    drift(
        "sequence owned by a leftover",
        "CREATE TABLE produtos_old (id int); ALTER SEQUENCE produtos_id_seq OWNED BY produtos_old.id",
        "sequence produtos_id_seq",
        "note table produtos_old",
    ),
    drift(
        "sequence renamed",
        "ALTER SEQUENCE usuarios_id_seq RENAME TO s",
        "sequence usuarios_id_seq",
        "column usuarios.id",
    ),
    drift("sequence of another type", "ALTER SEQUENCE usuarios_id_seq AS bigint", "sequence usuarios_id_seq"),
    drift("sequence in steps", "ALTER SEQUENCE usuarios_id_seq INCREMENT 50", "sequence usuarios_id_seq"),
    drift("sequence that ends", "ALTER SEQUENCE usuarios_id_seq MAXVALUE 99", "sequence usuarios_id_seq"),
    drift("sequence that repeats", "ALTER SEQUENCE usuarios_id_seq CYCLE", "sequence usuarios_id_seq"),
    drift("sequence unlogged", "ALTER SEQUENCE usuarios_id_seq SET UNLOGGED", "sequence usuarios_id_seq", since=15),
    drift(
        "sequence behind",
        "INSERT INTO empresas (id, nome, cnpj, email) VALUES (7, 'n', 'c', 'e')",
        "position empresas_id_seq",
    ),
    drift(
        "sequence at a taken id",
        "INSERT INTO empresas (id, nome, cnpj, email) VALUES (7, 'n', 'c', 'e'); SELECT setval('empresas_id_seq', 7, false)",
        "position empresas_id_seq",
    ),
    drift("unknown sequence", "CREATE SEQUENCE s", "note sequence s"),
    # Rows and rights
    drift("row in lower case", f"SET session_replication_role = replica; {SIGN_UP}", "rows usuarios.tipo"),
    drift("no DELETE", f"{ROLE}REVOKE DELETE ON produtos FROM drift_role; SET ROLE drift_role", "access produtos"),
    drift("no SELECT", f"{ROLE}REVOKE SELECT ON produtos FROM drift_role; SET ROLE drift_role", "access produtos"),
    drift(
        "no sequence",
        f"{ROLE}REVOKE ALL ON SEQUENCE produtos_id_seq FROM drift_role; SET ROLE drift_role",
        "access produtos_id_seq",
    ),
    drift(
        "no schema",
        f"{ROLE}REVOKE USAGE ON SCHEMA public FROM PUBLIC, drift_role; SET ROLE drift_role",
        "access schema public",
    ),
]
