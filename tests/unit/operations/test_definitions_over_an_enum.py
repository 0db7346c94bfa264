# ruff: noqa: E501  statements of SQL are easier to read unbroken
"""All that is defined over an enum works over the type as it is made anew, or is named before anything changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

import homecoming.operations  # noqa: F401  registers them
from homecoming.errors import Refused
from homecoming.operations.guarded import prepare, send
from tests.support.advice import TRIED

BASE = """
CREATE TYPE nivel AS ENUM ('alto', 'baixo', 'Baixo', 'nenhum');
CREATE TABLE pessoas (id integer PRIMARY KEY, nivel nivel NOT NULL DEFAULT 'baixo');
INSERT INTO pessoas VALUES (1, 'alto'), (2, 'baixo'), (3, 'Baixo'), (4, 'nenhum')
"""
# In another order, and with a new label: only a rebuild does that. Both spellings of baixo become the first.
AFTER = sa.Enum("NENHUM", "Baixo", "baixo", "alto", "novo", name="nivel")

LOW = {2, 3}


class Database:
    """A transaction on a database with the type and a table; the operations there."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.context = MigrationContext.configure(connection)
        self.op: Any = Operations(self.context)
        self.run(BASE)

    def run(self, statement: str) -> list[Any]:
        result = self.connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
        return [row[0] for row in result] if result.returns_rows else []

    def rebuild(self) -> None:
        self.op.ensure_enum(AFTER)
        self.run("RESET search_path")

    def refused(self) -> Refused:
        """What a run to that says at its end; nothing of it stays."""
        prepare(self.context)
        with pytest.raises(Refused) as caught, self.connection.begin_nested():
            self._whole_run()
        self.run("RESET search_path")
        return caught.value

    def _whole_run(self) -> None:
        self.run("SELECT set_config('homecoming.began', 'now', true)")
        self.rebuild()
        send(self.context, "CALL pg_temp.refuse_faults()")

    def holders_of_the_old(self) -> list[Any]:
        """The schemas with something that depends on the type as it was, its own array aside."""
        return self.run(
            "SELECT DISTINCT coalesce(relnamespace::regnamespace::text, d.classid::regclass::text) FROM pg_depend d "
            "JOIN pg_type t ON refobjid IN (t.oid, t.typarray) LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass "
            "AND c.oid = objid WHERE typname = 'nivel' AND typnamespace = to_regnamespace('retired') "
            "AND refclassid = 'pg_type'::regclass AND deptype = 'n'"
        )


@pytest.fixture
def db(postgres: sa.Engine) -> Iterator[Database]:
    with postgres.connect() as connection:
        yield Database(connection)


# What is defined, and a question about it whose answer is the same afterwards.
WORKS: dict[str, tuple[str, str]] = {
    "view": ("CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel = 'alto'", "SELECT id FROM v"),
    "view over a view, a column of the type": (
        "CREATE VIEW v AS SELECT id, nivel FROM pessoas; CREATE VIEW w AS SELECT id FROM v WHERE nivel IN ('alto', 'nenhum')",
        "SELECT id FROM w ORDER BY id",
    ),
    "materialized view with an index": (
        ("CREATE MATERIALIZED VIEW v AS SELECT id, nivel FROM pessoas WHERE nivel > 'nenhum' OR nivel = 'alto';"
        "CREATE UNIQUE INDEX i ON v (id) WHERE nivel = 'alto'"),
        "SELECT id FROM v WHERE nivel = 'alto' UNION ALL SELECT count(*) FROM pg_indexes WHERE indexname = 'i'",
    ),
    "view of a text in any case": (
        "CREATE VIEW v AS SELECT id FROM pessoas WHERE lower(nivel::text) = 'baixo' OR nivel::text = 'nenhuma'",
        "SELECT id FROM v ORDER BY id",
    ),
    "view over no table": ("CREATE VIEW v AS SELECT 'alto'::nivel AS n", "SELECT n::text FROM v"),
    "rule": (
        ("CREATE TABLE r (t text); CREATE RULE anota AS ON INSERT TO pessoas WHERE NEW.nivel = 'alto' DO ALSO INSERT INTO r"
        " VALUES ('alto')"),
        "INSERT INTO pessoas VALUES (10 + (SELECT count(*) FROM r), 'alto'); SELECT count(*) > 0 FROM r",
    ),
    "indexes": (
        ("CREATE INDEX p ON pessoas (id) WHERE nivel = 'alto'; CREATE INDEX e ON pessoas ((nivel = 'alto'));"
        "CREATE INDEX s ON pessoas (nivel)"),
        "SELECT count(*) FROM pg_indexes WHERE tablename = 'pessoas'",
    ),
    "trigger with a condition": (
        ("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.id := NEW.id + 100; RETURN NEW; END';"
        "CREATE TRIGGER t BEFORE UPDATE OF nivel ON pessoas FOR EACH ROW WHEN (NEW.nivel = 'nenhum') EXECUTE FUNCTION f();"
        "CREATE TABLE outra (id integer, nivel nivel); INSERT INTO outra VALUES (1, 'nenhum');"
        "CREATE TRIGGER t BEFORE UPDATE ON outra FOR EACH ROW WHEN (NEW.nivel::text ILIKE 'nenhum') EXECUTE FUNCTION f()"),
        "SELECT count(*) FROM pg_trigger WHERE tgname = 't' AND tgenabled = 'O'",
    ),
    "functions": (
        ("CREATE FUNCTION f(n nivel, VARIADIC m nivel[] DEFAULT '{}') RETURNS nivel LANGUAGE plpgsql AS"
        " 'DECLARE l nivel := n; BEGIN RETURN l; END';"
        "CREATE FUNCTION g() RETURNS TABLE (id integer, n nivel) LANGUAGE sql AS 'SELECT id, nivel FROM pessoas';"
        "CREATE VIEW v AS SELECT g.id FROM g() AS g WHERE f(g.n) = 'alto';"
        "REVOKE ALL ON FUNCTION f FROM PUBLIC; COMMENT ON FUNCTION f IS 'o mesmo'"),
        ("SELECT id::text FROM v UNION ALL SELECT obj_description('f'::regproc) UNION ALL"
        " SELECT has_function_privilege('pg_monitor', 'f(nivel, nivel[])', 'EXECUTE')::text"),
    ),
    "function over a view's rows": (
        ("CREATE VIEW v AS SELECT id, nivel FROM pessoas WHERE nivel = 'alto';"
        "CREATE FUNCTION f() RETURNS SETOF v LANGUAGE sql AS 'SELECT * FROM v'"),
        "SELECT id FROM f()",
    ),
    "default, check and policy of another schema": (
        ("CREATE SCHEMA loja; CREATE TABLE loja.t (id integer, nivel nivel DEFAULT 'alto' CHECK (nivel <> 'nenhum'));"
        "CREATE POLICY p ON loja.t USING (nivel = 'alto'); INSERT INTO loja.t VALUES (1)"),
        ("SELECT concat(pg_get_expr(adbin, adrelid) ~ 'alto', (SELECT count(*) FROM pg_constraint WHERE conrelid ="
        " 'loja.t'::regclass AND contype = 'c'), (SELECT count(*) FROM pg_policies WHERE tablename = 't'), (SELECT nivel FROM"
        " loja.t)) FROM pg_attrdef WHERE adrelid = 'loja.t'::regclass"),
    ),
    "array and domain": (
        ("CREATE DOMAIN quase AS nivel DEFAULT 'alto' CONSTRAINT nunca CHECK (VALUE <> 'nenhum');"
        "CREATE TABLE t (id integer, a nivel[] DEFAULT '{alto}', d quase); INSERT INTO t VALUES (1, '{alto,baixo,NULL}', 'alto');"
        "CREATE VIEW v AS SELECT d FROM t WHERE d::nivel = 'alto' AND 'alto' = ANY (a)"),
        ("SELECT concat(lower(a::text), d, (SELECT d::text FROM v), (SELECT count(*) FROM pg_constraint WHERE conname = 'nunca'))"
        " FROM t"),
    ),
    "typed table": (
        "CREATE TYPE ty AS (n nivel); CREATE TABLE t OF ty; INSERT INTO t VALUES ('alto')",
        "SELECT concat(n, reloftype::regtype) FROM t, pg_class WHERE oid = 't'::regclass",
    ),
    "array of a domain": (
        "CREATE DOMAIN quase AS nivel; CREATE TABLE t (d quase[]); INSERT INTO t VALUES ('{alto}')",
        "SELECT concat(d::text, pg_typeof(d)) FROM t",
    ),
    "lists of both spellings": (
        (
            "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text IN ('baixo', 'Baixo') AND"
            " (nivel::text = 'Baixo' OR nivel::text = 'baixo') AND nivel::text = ANY ('{baixo,Baixo}'::text[])"
        ),
        "SELECT id FROM v ORDER BY id",
    ),
    "what is no text of a label": (
        (
            "CREATE VIEW v AS SELECT id AS baixo, id AS nenhum, 'mais baixo'::text AS t FROM pessoas WHERE nivel::text LIKE '%';"
            "CREATE VIEW w AS SELECT t, baixo, nenhum FROM v WHERE t ILIKE '%baixo'; COMMENT ON VIEW w IS 'baixo, baixo'"
        ),
        "SELECT baixo FROM w ORDER BY baixo",
    ),
    "composite type": ("CREATE TYPE par AS (n nivel, m integer)", "SELECT (ROW('alto', 1)::par).m"),
    "statistics and cast": (
        ("CREATE STATISTICS e (dependencies) ON id, nivel FROM pessoas; CREATE CAST (integer AS nivel) WITH INOUT AS ASSIGNMENT;"
        "CREATE FUNCTION de(text) RETURNS nivel LANGUAGE sql IMMUTABLE AS 'SELECT ''alto''::nivel';"
        "CREATE CAST (bytea AS nivel) WITH INOUT AS IMPLICIT"),
        "SELECT count(*) FROM pg_cast WHERE casttarget = 'nivel'::regtype UNION ALL SELECT count(*) FROM pg_statistic_ext",
    ),
    "partitions": (
        ("CREATE TABLE t (em date, nivel nivel DEFAULT 'alto') PARTITION BY RANGE (em); CREATE TABLE t1 PARTITION OF t DEFAULT;"
        "CREATE INDEX i ON t (em) WHERE nivel = 'alto'; INSERT INTO t VALUES ('2025-01-01', 'alto')"),
        "SELECT nivel::text FROM t1 UNION ALL SELECT count(*)::text FROM pg_indexes WHERE indexdef ~ 'nivel' AND schemaname = 'public'",
    ),
    "tables that inherit": (
        "CREATE TABLE t (nivel nivel CHECK (nivel <> 'nenhum')); CREATE TABLE t1 () INHERITS (t); INSERT INTO t1 VALUES ('alto')",
        ("SELECT nivel::text FROM t UNION ALL SELECT count(*)::text FROM pg_constraint WHERE contype = 'c' AND conrelid ="
        " 't1'::regclass"),
    ),
    "a key between columns of it": (
        ("CREATE TABLE n (nivel nivel PRIMARY KEY); INSERT INTO n VALUES ('alto');"
        "CREATE TABLE t (nivel nivel REFERENCES n); INSERT INTO t VALUES ('alto')"),
        "SELECT count(*) FROM t JOIN n USING (nivel) JOIN pg_constraint ON contype = 'f'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WORKS)
def test_it_works_over_the_new_type(db: Database, kind: str) -> None:
    definition, question = WORKS[kind]
    db.run(definition)
    before = db.run(question)
    assert before not in ([], [0], [False])
    db.rebuild()
    assert db.run(question) == before
    assert db.holders_of_the_old() == []
    assert db.run("SELECT nivel::text FROM pessoas WHERE id < 5 ORDER BY id") == ["alto", "Baixo", "Baixo", "NENHUM"]
    # The type that was is gone; two of the rows got another spelling, and are kept.
    assert db.run("SELECT object FROM retired.register WHERE object LIKE 'public.pessoas%'") == ["public.pessoas.nivel"]
    assert db.run("SELECT to_regtype('retired.nivel') IS NULL") == [True]


def test_what_names_a_label_selects_the_same_rows_under_its_new_spelling(db: Database) -> None:
    db.run("CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel IN ('baixo', 'Baixo')")
    db.rebuild()
    assert set(db.run("SELECT id FROM v")) == LOW


def test_labels_of_an_array_are_spelled_as_the_rows_are(db: Database) -> None:
    db.run("CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel = ANY ('{baixo}'::nivel[])")
    db.run("CREATE INDEX i ON pessoas (id) WHERE nivel = ANY ('{nenhum,baixo}'::nivel[])")
    db.rebuild()
    assert set(db.run("SELECT id FROM v")) == LOW
    assert (
        "{NENHUM,Baixo}" in db.run("SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indpred IS NOT NULL")[0]
    )


def test_a_type_that_has_its_labels_already_is_folded_with_what_names_them(db: Database) -> None:
    """Rows of both spellings become rows of the first: a view of the second would go blind."""
    db.rebuild()
    db.run("UPDATE pessoas SET nivel = 'baixo' WHERE id = 2")
    db.run(
        "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel IN ('baixo', 'Baixo');"
        "CREATE INDEX i ON pessoas (id) WHERE nivel = 'baixo';"
        "CREATE FUNCTION f(n nivel) RETURNS boolean LANGUAGE sql RETURN n = 'baixo'"
    )
    db.rebuild()
    assert set(db.run("SELECT id FROM v")) == LOW
    assert set(db.run("SELECT id FROM pessoas WHERE f(nivel)")) == LOW
    assert "'Baixo'" in db.run("SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indpred IS NOT NULL")[0]


def test_a_type_that_has_its_labels_already_is_left_alone_where_nothing_is_defined_over_it(db: Database) -> None:
    db.run("ALTER TABLE pessoas ALTER nivel DROP DEFAULT")
    db.rebuild()
    before = db.run("SELECT 'nivel'::regtype::oid")
    db.rebuild()
    assert db.run("SELECT 'nivel'::regtype::oid") == before


def test_a_type_keeps_its_rights_and_its_comment(db: Database) -> None:
    db.run(
        "REVOKE ALL ON TYPE nivel FROM PUBLIC; GRANT USAGE ON TYPE nivel TO pg_monitor; COMMENT ON TYPE nivel IS 'x'"
    )
    rights = "SELECT concat(typacl, obj_description(oid, 'pg_type')) FROM pg_type WHERE oid = 'nivel'::regtype"
    before = db.run(rights)
    db.rebuild()
    assert db.run(rights) == before


REFUSED: dict[str, tuple[str, str]] = {
    "range": ("CREATE TYPE faixa AS RANGE (subtype = nivel)", "faixa"),
    "aggregate": (
        (
            "CREATE FUNCTION maior(nivel, nivel) RETURNS nivel LANGUAGE sql AS 'SELECT greatest($1, $2)';"
            "CREATE AGGREGATE maximo (nivel) (SFUNC = maior, STYPE = nivel)"
        ),
        "maximo(nivel) cannot be made again",
    ),
    "generated column": (
        "CREATE TABLE t (nivel nivel, alto boolean GENERATED ALWAYS AS (nivel = 'alto') STORED)",
        "t.alto cannot be made again",
    ),
    "partition key": ("CREATE TABLE t (nivel nivel) PARTITION BY LIST (nivel)", "t.nivel cannot be made again"),
    "view that names a label as text": (
        "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text = 'baixo'",
        "view v names 'baixo', which rows will hold as 'Baixo'",
    ),
    "body that names a label": (
        "CREATE FUNCTION f(n nivel) RETURNS boolean LANGUAGE sql AS $$ SELECT n = 'baixo' $$",
        "function f(nivel) names 'baixo'",
    ),
    "label that goes": ("CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel = 'extra'", "view v would not work over"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_made_again_is_named(db: Database, kind: str) -> None:
    definition, what = REFUSED[kind]
    if "extra" in definition:
        db.connection.commit()
        db.run("ALTER TYPE nivel ADD VALUE 'extra'")
        db.connection.commit()
    db.run(definition)
    with pytest.raises(Refused) as caught:
        db.rebuild()
    assert what in caught.value.what.replace("public.", "")
    assert caught.value.todo.startswith("Drop it, run again, then make it anew: ")


NAMES = {
    "beside a call of lower() for something else": (
        "CREATE VIEW v AS SELECT lower(id::text) AS l FROM pessoas WHERE nivel::text = 'baixo'"
    ),
    "in an array of texts": "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text = ANY ('{alto,baixo}'::text[])",
    "in LIKE": "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text LIKE 'bai%'",
    "in a regular expression": "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text ~ '^(alto|bai)'",
    "a part": "CREATE VIEW v AS SELECT id FROM pessoas WHERE substr(nivel::text, 1, 3) = 'bai'",
    "in a list to be split": (
        "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text IN (SELECT regexp_split_to_table('alto, baixo', ', *'))"
    ),
    "in dollars": (
        "CREATE FUNCTION v(n nivel) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN n::text = $x$baixo$x$; END'"
    ),
    "after a comment that folds": (
        "CREATE FUNCTION v(n nivel) RETURNS boolean LANGUAGE plpgsql AS $q$BEGIN /* lower(x) */ RETURN n = 'baixo'; END$q$"
    ),
    "after an odd quote": (
        "CREATE FUNCTION v(n nivel) RETURNS boolean LANGUAGE plpgsql AS $q$BEGIN -- d'agua\n RETURN n = 'baixo'; END$q$"
    ),
    "in dynamic SQL": (
        "CREATE FUNCTION v(n nivel) RETURNS void LANGUAGE plpgsql AS"
        " $q$BEGIN EXECUTE 'DELETE FROM pessoas WHERE nivel = ''baixo'''; END$q$"
    ),
    "in a policy": "CREATE TABLE v (id integer); CREATE POLICY v ON v USING (EXISTS (SELECT FROM pessoas WHERE nivel::text = 'baixo'))",
}  # fmt: skip


@pytest.mark.parametrize("where", NAMES)
def test_a_text_that_means_a_label_is_named_wherever_it_stands(db: Database, where: str) -> None:
    db.run(NAMES[where])
    assert "names 'baixo', which rows will hold as 'Baixo'" in db.refused().what


# What somebody defined, and how often its rows or names are found before and after all that is advised.
MENDED: dict[str, tuple[str, str]] = {
    "generated column under a view": (
        (
            "CREATE TABLE t (nivel nivel, alto boolean GENERATED ALWAYS AS (nivel = 'alto') STORED);"
            "INSERT INTO t VALUES ('alto'); CREATE VIEW v AS SELECT alto FROM t; CREATE VIEW w AS SELECT alto FROM v"
        ),
        "SELECT alto FROM w",
    ),
    "two generated columns": (
        (
            "CREATE TABLE t (n nivel, a boolean GENERATED ALWAYS AS (n = 'alto') STORED);"
            "CREATE TABLE u (n nivel, a boolean GENERATED ALWAYS AS (n = 'alto') STORED); INSERT INTO t VALUES ('alto')"
        ),
        "SELECT attname::text FROM pg_attribute WHERE attgenerated = 's'",
    ),
    "partition key": (
        (
            "CREATE TABLE t (id integer, n nivel) PARTITION BY LIST (n); INSERT INTO pessoas VALUES (9, 'alto');"
            "CREATE TABLE ta PARTITION OF t FOR VALUES IN ('alto'); INSERT INTO t VALUES (1, 'alto')"
        ),
        "SELECT n::text FROM ta",
    ),
    "composite type of a column": (
        "CREATE TYPE par AS (n nivel, m integer); CREATE TABLE t (p par); INSERT INTO t VALUES (ROW('alto', 1))",
        "SELECT concat((p).n, pg_typeof(p)) FROM t",
    ),
    "range of a column": (
        "CREATE TYPE faixa AS RANGE (subtype = nivel); CREATE TABLE t (f faixa); INSERT INTO t VALUES ('[alto,alto]')",
        "SELECT concat(lower(f), pg_typeof(f)) FROM t",
    ),
    "view over a view that names a label": (
        (
            "CREATE VIEW v AS SELECT id, nivel FROM pessoas WHERE nivel::text = 'baixo'; CREATE VIEW w AS SELECT id FROM v;"
            "CREATE MATERIALIZED VIEW m AS SELECT id FROM w"
        ),
        "SELECT count(*) > 0 FROM w UNION ALL SELECT count(*) > 0 FROM m",
    ),
    "domain whose rows break its check": (
        (
            "CREATE DOMAIN quase AS nivel; CREATE TABLE t (d quase); INSERT INTO t VALUES ('alto');"
            "CREATE VIEW v AS SELECT d FROM t; ALTER DOMAIN quase ADD CHECK (VALUE <> 'alto') NOT VALID"
        ),
        "SELECT pg_typeof(d)::text FROM v",
    ),
}  # fmt: skip


def advised(todo: str) -> list[tuple[str, str]]:
    """What is advised before and after, fault by fault."""
    lines = [line.split("then make it anew: ")[1].partition(" -- Anew") for line in todo.splitlines()]
    return [(before, after.partition(": ")[2]) for before, _, after in lines]


@pytest.mark.parametrize("kind", MENDED)
def test_what_a_refusal_advises_leads_there_and_makes_it_anew(db: Database, kind: str) -> None:
    definition, question = MENDED[kind]
    db.run(definition)
    before = db.run(question)
    refused = db.refused()
    todo = advised(refused.todo)
    db.run("; ".join(first for first, _ in todo))
    db.rebuild()
    for _, after in reversed(todo):
        if "domain" in kind:
            db.run("DELETE FROM t")
            before = []
        db.run(after.replace("'baixo'", "'Baixo'"))
    assert db.run(question) == before


@pytest.mark.parametrize(
    ("definition", "drop", "shows"),
    [
        (
            (
                "CREATE FUNCTION igual(nivel, text) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT $1::text = $2';"
                "CREATE OPERATOR === (leftarg = nivel, rightarg = text, function = igual);"
                "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel === 'alto'"
            ),
            "DROP view public.v; DROP operator public.===",
            "SELECT * FROM pg_operator",
        ),
        (
            "CREATE AGGREGATE ultimo(nivel) (sfunc = enum_larger, stype = nivel)",
            "DROP aggregate public.ultimo",
            "SELECT * FROM pg_aggregate",
        ),
        (
            (
                "CREATE OPERATOR CLASS oc FOR TYPE nivel USING btree AS OPERATOR 1 <(anyenum, anyenum),"
                " OPERATOR 3 =(anyenum, anyenum), FUNCTION 1 enum_cmp(anyenum, anyenum)"
            ),
            "DROP operator class public.oc",
            "SELECT * FROM pg_opclass",
        ),
        (
            (
                "CREATE FUNCTION f(n nivel) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN n::text = ''baixo''; END';"
                "CREATE VIEW v AS SELECT id FROM pessoas WHERE f(nivel)"
            ),
            "DROP view public.v; DROP function public.f",
            "SELECT pg_get_functiondef",
        ),
    ],
    ids=["operator", "aggregate", "operator class", "function"],
)
def test_what_no_statement_makes_anew_can_be_seen_and_dropped(
    db: Database, definition: str, drop: str, shows: str
) -> None:
    db.run(definition)
    ((before, after),) = advised(db.refused().todo)
    assert before.startswith(drop)
    assert after.startswith(f"what this shows before: {shows}")
    see = after.removeprefix("what this shows before: ").split(";")[0]
    assert len(db.run(see)) == 1
    TRIED.append(see)
    db.run(before)
    db.rebuild()


def test_all_of_a_kind_is_named_at_once(db: Database) -> None:
    """Each has to go before the next run can get any further."""
    db.run(
        "CREATE VIEW va AS SELECT id FROM pessoas WHERE nivel::text = 'baixo';"
        "CREATE VIEW vb AS SELECT id FROM pessoas WHERE nivel::text = 'baixo';"
        "CREATE AGGREGATE ga(nivel) (sfunc = enum_larger, stype = nivel);"
        "CREATE AGGREGATE gb(nivel) (sfunc = enum_larger, stype = nivel);"
        "CREATE TYPE ca AS (n nivel); CREATE TABLE ta (c ca); CREATE TYPE cb AS (n nivel); CREATE TABLE tb (c cb)"
    )
    refused = db.refused()
    assert len(refused.what.splitlines()) == 6
    for name in ("view va", "view vb", "aggregate ga", "aggregate gb", "ta.c", "tb.c"):
        assert name in refused.what
    db.run("; ".join(before for before, _ in advised(refused.todo)))
    db.rebuild()


def test_a_label_that_gets_another_word(db: Database) -> None:
    db.run("CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text = 'alto'")
    with pytest.raises(Refused, match="view v names 'alto', which rows will hold as 'maior'"):
        db.op.rename_label(AFTER, "alto", "maior")


# A type whose labels differ in case only is renamed, not made anew: its rows hold another text all the same.
SPELLED = """
CREATE TYPE estado AS ENUM ('ativo', 'inativo');
CREATE TABLE contas (id integer PRIMARY KEY, estado estado DEFAULT 'ativo');
INSERT INTO contas VALUES (1, 'ativo'), (2, 'inativo')
"""
CAPITALS = sa.Enum("ATIVO", "INATIVO", name="estado")


@pytest.mark.parametrize(
    ("definition", "what"),
    [
        ("CREATE VIEW v AS SELECT id FROM contas WHERE estado::text = 'ativo'", "view v names 'ativo'"),
        (
            "CREATE VIEW u AS SELECT id, estado FROM contas; CREATE VIEW v AS SELECT id FROM u WHERE estado::text <> 'inativo'",
            "view v names 'inativo'",
        ),
        (
            "CREATE FUNCTION f(e estado) RETURNS boolean LANGUAGE sql AS $$ SELECT e = 'ativo' $$",
            "function f(estado) names 'ativo'",
        ),
        (
            (
                "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
                "CREATE TRIGGER t BEFORE UPDATE ON contas FOR EACH ROW WHEN (NEW.estado::text = 'ativo')"
                " EXECUTE FUNCTION g()"
            ),
            "trigger contas.t names 'ativo'",
        ),
    ],
)
def test_a_label_named_as_text_is_refused_where_it_is_renamed_too(db: Database, definition: str, what: str) -> None:
    db.run(SPELLED)
    db.run(definition)
    with pytest.raises(Refused) as caught:
        db.op.ensure_enum(CAPITALS)
    assert f"{what}, which rows will hold as '" in caught.value.what.replace("public.", "")
    assert caught.value.todo.startswith("Drop it, run again, then make it anew: DROP ")


def test_what_is_defined_over_a_type_that_is_renamed_works(db: Database) -> None:
    """A label of the type follows by itself, and a comparison in any case is right before and after."""
    db.run(SPELLED)
    db.run(
        "CREATE VIEW v AS SELECT id FROM contas WHERE estado = 'ativo' OR lower(estado::text) = 'nenhum';"
        "CREATE INDEX i ON contas (id) WHERE estado = 'ativo'"
    )
    db.op.ensure_enum(CAPITALS)
    db.run("RESET search_path")
    assert db.run("SELECT id FROM v") == [1]
    assert "'ATIVO'" in db.run("SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indpred IS NOT NULL")[0]
    assert db.run("SELECT estado::text FROM contas ORDER BY id") == ["ATIVO", "INATIVO"]


def test_a_type_whose_labels_are_only_respelled_leaves_the_rows_where_they_are(db: Database) -> None:
    """RENAME VALUE is all there is to do: no table is written anew under a lock that keeps everybody out."""
    db.run(SPELLED)
    db.run("CREATE INDEX i ON contas (estado)")
    files = "SELECT concat(pg_relation_filenode('contas'), ' ', pg_relation_filenode('i'), ' ', 'estado'::regtype::oid)"
    before = db.run(files)
    db.op.ensure_enum(CAPITALS)
    db.run("RESET search_path")
    assert db.run(files) == before
    assert db.run("SELECT estado::text FROM contas ORDER BY id") == ["ATIVO", "INATIVO"]
