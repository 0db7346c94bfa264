"""What compares an enum's text with what is no constant is named, before its rows go missing; what shows it is not."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from tests.unit.operations.test_definitions_over_an_enum import AFTER, CAPITALS, SPELLED, Database, db

__all__ = ["db"]

WORDS = "CREATE TABLE palavras (nome text, nivel varchar(20), varias text[], pessoa integer);"

COMPARES = {
    "a join": "CREATE VIEW v AS SELECT p.id FROM pessoas p JOIN palavras w ON w.nome = p.nivel::text",
    "a column of the same name": (
        "CREATE VIEW v AS SELECT p.id, p.nivel::text FROM pessoas p JOIN palavras w ON p.nivel::text = w.nivel"
    ),
    "IN": "CREATE VIEW v AS SELECT id FROM pessoas WHERE nivel::text IN (SELECT nome FROM palavras)",
    "NOT IN": "CREATE VIEW v AS SELECT nome FROM palavras WHERE nome NOT IN (SELECT nivel::text FROM pessoas)",
    "an array": "CREATE VIEW v AS SELECT p.id FROM pessoas p JOIN palavras w ON p.nivel::text = ANY (w.varias)",
    "EXISTS": (
        "CREATE VIEW v AS SELECT id FROM pessoas p WHERE EXISTS"
        " (SELECT FROM palavras w WHERE p.nivel::varchar(9) = w.nome)"
    ),
    "a pattern": "CREATE VIEW v AS SELECT p.id FROM pessoas p JOIN palavras w ON p.nivel::text LIKE w.nome",
    "no equality": (
        "CREATE VIEW v AS SELECT p.id FROM pessoas p JOIN palavras w ON w.nome IS DISTINCT FROM p.nivel::text"
    ),
    "CASE": "CREATE VIEW v AS SELECT CASE p.nivel::text WHEN w.nome THEN 1 END FROM pessoas p, palavras w",
    "within a call": (
        "CREATE VIEW v AS SELECT p.id FROM pessoas p JOIN palavras w ON coalesce(p.nivel::text, '') = w.nome"
    ),
    "a subquery": (
        "CREATE VIEW v AS SELECT x.id FROM (SELECT id, nivel::text AS t FROM pessoas) x JOIN palavras w ON w.nome = x.t"
    ),
    "a view over a view": (
        "CREATE VIEW u AS SELECT id, nivel AS n FROM pessoas;"
        "CREATE VIEW v AS SELECT u.id FROM u JOIN palavras w ON w.nome = u.n::text"
    ),
    "a materialized view over a view of the text": (
        "CREATE VIEW u AS SELECT id, nivel::text AS t FROM pessoas;"
        "CREATE MATERIALIZED VIEW v AS SELECT u.id FROM u JOIN palavras w ON w.pessoa = u.id"
        " WHERE u.t = w.nivel"
    ),
    "a policy": (
        "CREATE POLICY v ON palavras USING (EXISTS (SELECT FROM pessoas p WHERE p.nivel::text = palavras.nome))"
    ),
    "a rule": (
        "CREATE RULE v AS ON DELETE TO palavras DO ALSO DELETE FROM pessoas WHERE pessoas.nivel::text = OLD.nome"
    ),
    "a body": (
        "CREATE FUNCTION v(n nivel) RETURNS bigint LANGUAGE sql AS"
        " 'SELECT count(*) FROM palavras WHERE nome = n::text'"
    ),
    "a check": "CREATE TABLE v (n nivel, t text, CHECK (n::text <> t))",
}  # fmt: skip

SHOWS = {
    "shown": (
        "CREATE VIEW v AS SELECT p.id, p.nivel::text, upper(p.nivel::text) AS u, p.nivel::text || '!' AS x"
        " FROM pessoas p JOIN palavras w ON w.pessoa = p.id WHERE w.nome = 'x' ORDER BY p.nivel::text"
    ),
    "in any case": (
        "CREATE VIEW v AS SELECT p.id FROM pessoas p JOIN palavras w ON lower(w.nome) = lower(btrim(p.nivel::text))"
        " AND p.nivel::text ILIKE w.nome"
    ),
    "with constants": (
        "CREATE VIEW v AS SELECT p.id, p.nivel::text AS t FROM pessoas p JOIN palavras w ON w.pessoa = p.id"
        " WHERE p.nivel::text IN ('x', 'y') AND 'z' <> p.nivel::text AND length(p.nivel::text) > 2"
        " AND CASE p.nivel::text WHEN 'z' THEN w.nome = 'z' ELSE true END AND p.nivel::text IS NOT NULL"
    ),
    "as what it is": (
        "CREATE VIEW v AS SELECT p.id, p.nivel::text FROM pessoas p JOIN pessoas q ON p.nivel = q.nivel"
        " WHERE p.nivel = (SELECT max(nivel) FROM pessoas) AND p.nivel > 'alto'"
    ),
    "as what it is, by its name": (
        "CREATE VIEW v AS SELECT p.id, p.nivel::text FROM pessoas p JOIN pessoas q USING (nivel)"
    ),
    "a trigger": (
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
        "CREATE TRIGGER v BEFORE UPDATE ON pessoas FOR EACH ROW WHEN (NEW.nivel IS DISTINCT FROM OLD.nivel)"
        " EXECUTE FUNCTION f()"
    ),
    "a function": "CREATE FUNCTION v(n nivel) RETURNS text LANGUAGE sql AS 'SELECT n::text'",
}  # fmt: skip

SAYS = "compares texts that rows will hold otherwise: "


@pytest.mark.parametrize("kind", COMPARES)
def test_what_compares_it_is_named(db: Database, kind: str) -> None:
    db.run(WORDS + COMPARES[kind])
    refused = db.refused()
    (said,) = [line for line in refused.what.splitlines() if "compares" in line]
    assert re.search(rf"\bv\S* {SAYS}", said)
    assert {"'baixo' as 'Baixo'", "'nenhum' as 'NENHUM'"} == set(said.partition(": ")[2].split(", "))


@pytest.mark.parametrize("kind", SHOWS)
def test_what_shows_it_is_not(db: Database, kind: str) -> None:
    db.run(WORDS + SHOWS[kind])
    db.rebuild()


def test_labels_that_are_only_respelled(db: Database) -> None:
    """RENAME VALUE leaves the view where it is, and it goes empty."""
    db.run(SPELLED + ";" + WORDS)
    db.run("CREATE VIEW v AS SELECT c.id FROM contas c JOIN palavras w ON w.nome = c.estado::text")
    with pytest.raises(Refused, match=f"{SAYS}'ativo' as 'ATIVO'"):
        db.op.ensure_enum(CAPITALS)


def test_another_word_in_any_case(db: Database) -> None:
    db.run(
        WORDS + "CREATE VIEW v AS SELECT p.id FROM pessoas p JOIN palavras w ON lower(w.nome) = lower(p.nivel::text)"
    )
    with pytest.raises(Refused, match=f"{SAYS}'alto' as 'maior'"):
        db.op.rename_label(AFTER, "alto", "maior")


def test_what_is_advised_gives_the_same_rows(db: Database) -> None:
    db.run(WORDS + "INSERT INTO palavras VALUES ('baixo'), ('Baixo'), ('nenhum')")
    db.run(
        "CREATE VIEW v AS SELECT DISTINCT p.id FROM pessoas p JOIN palavras w ON w.nome = p.nivel::text;"
        "GRANT SELECT ON v TO pg_monitor"
    )
    before = sorted(db.run("SELECT id FROM v"))
    drop, _, again = (
        db.refused().todo.partition("then make it anew: ")[2].partition(" -- Anew, with lower() on both sides")
    )
    db.run(drop)
    db.rebuild()
    again = again.partition(": ")[2]
    assert "(w.nome = (p.nivel)::text)" in again
    db.run(again.replace("(w.nome = (p.nivel)::text)", "(lower(w.nome) = lower((p.nivel)::text))"))
    assert sorted(db.run("SELECT id FROM v")) == before == [2, 3, 4]
    assert db.run("SELECT has_table_privilege('pg_monitor', 'v', 'SELECT')") == [True]


@pytest.mark.parametrize("type_", ["text", "varchar(20)"])
@pytest.mark.parametrize("on", ["ON w.nome = c.estado", "USING (estado)"])
def test_text_that_becomes_an_enum(db: Database, type_: str, on: str) -> None:
    db.run("CREATE TYPE estado AS ENUM ('ATIVO', 'INATIVO');" + WORDS + "ALTER TABLE palavras ADD estado text")
    db.run(f"CREATE TABLE contas (id integer PRIMARY KEY, estado {type_}); INSERT INTO contas VALUES (1, 'ativo')")
    db.run(f"CREATE VIEW v AS SELECT c.id FROM contas c JOIN palavras w {on}")
    with pytest.raises(Refused, match=f"{SAYS}'ativo' as 'ATIVO'"):
        db.op.ensure_column("contas", sa.Column("estado", CAPITALS))
