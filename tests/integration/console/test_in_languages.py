"""The pasted script and the check in Portuguese, and in the pseudo-language: on real servers, as `psql` shows them."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.integration.console.conftest import VERSIONS, Clone, CloneOf
from tests.support import lineage, pseudo, refused
from tests.support.history import HEAD, REVISIONS
from tests.support.pasting import Place, script

PSQL = ("-q", "-v", "VERBOSITY=default", "-v", "ON_ERROR_STOP=1")


def told(place: Place, text: str) -> tuple[int, str]:
    """What `psql` shows of a paste, in UTF-8, with no name of a file."""
    done = place.psql(*PSQL, text=f"SET client_encoding TO 'UTF8';\n{text}")
    return done.returncode, re.sub(r"psql:<stdin>:\d+: ", "", done.stderr)


@pytest.fixture
def oldest(clone_of: CloneOf) -> Clone:
    return clone_of(VERSIONS[0])


@pytest.mark.parametrize("style", ["block", "escaped"])
def test_a_paste_says_in_portuguese_what_it_does(clone_of: CloneOf, style: str) -> None:
    place = clone_of(VERSIONS[-1]).place
    text = script("sql", "--style", style, MIGRATION_LANG="pt")
    code, said = told(place, text)
    assert code == 0, said
    assert f"NOTICE:  Pronto: em {HEAD} após {len(REVISIONS)} revisões" in said
    assert re.search(r"migration: 0018 feita em [\d.]+ s, aposentadas: \d+ linhas", said)
    assert told(place, text) == (0, f"NOTICE:  Em {HEAD}: nada a fazer\n")
    code, back = told(place, script("sql-rollback", "--to", REVISIONS[-3], MIGRATION_LANG="pt"))
    assert code == 0, back
    assert f"NOTICE:  Pronto: em {REVISIONS[-3]} após 2 revisões" in back


def test_the_same_script_does_the_same_in_both_languages(clone_of: CloneOf) -> None:
    """What it keeps of itself is no text for people; its number is that of the plain statements."""
    one, other = clone_of(VERSIONS[-1]), clone_of(VERSIONS[-1])
    for clone, language in ((one, "en"), (other, "pt")):
        assert clone.place.paste(script("sql", MIGRATION_LANG=language)).state is None
        clone.assert_at_head()
    query = "SELECT revision, direction, way, rows_retired, fingerprint_after FROM migration_history ORDER BY id"
    register = "SELECT kind, object, revision FROM retired.register ORDER BY id"
    for asked in (query, register):
        with one.place.session() as here, other.place.session() as there:
            assert here.rows(asked) == there.rows(asked)


REFUSALS = {
    "a value is missing": (
        "UPDATE usuarios SET tipo = NULL WHERE id = 1",
        "usuarios.tipo: 1 linha tem NULL onde o esquema exige um valor",
        "Dê um valor a elas, e rode de novo. Veja: SELECT id FROM usuarios WHERE tipo IS NULL",
    ),
    "a newer revision": (
        "CREATE TABLE alembic_version AS SELECT '8f3c1d2e4b5a'::varchar(32) AS version_num",
        "o banco está na revisão '8f3c1d2e4b5a', que este histórico não conhece",
        "Pode ser mais nova que esta cópia: atualize este repositório, ou escolha outro banco",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_is_in_portuguese(oldest: Clone, case: str) -> None:
    damage, what, todo = REFUSALS[case]
    oldest.place.run("ALTER TABLE usuarios ALTER COLUMN tipo DROP NOT NULL", *damage.split(";"))
    code, said = told(oldest.place, script("sql", MIGRATION_LANG="pt"))
    assert code == 3
    assert f"ERROR:  {what}\n" in said
    assert f"HINT:  {todo}\n" in said


def test_what_the_server_refuses_is_explained_in_portuguese(oldest: Clone) -> None:
    oldest.place.run(
        "CREATE FUNCTION recusa() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'nunca'; END $$",
        "CREATE EVENT TRIGGER recusa ON ddl_command_start EXECUTE FUNCTION recusa()",
    )
    code, said = told(oldest.place, script("sql", MIGRATION_LANG="pt"))
    assert code == 3
    assert "uma função ou gatilho deste banco recusa (P0001)\n" in said
    assert "HINT:  Nada foi alterado. Desligue e cole de novo: ALTER EVENT TRIGGER recusa DISABLE" in said


def test_a_database_of_latin_1_says_it_too(oldest: Clone) -> None:
    place = Place(oldest.place.server, f"{oldest.place.name}_latin")
    with oldest.place.session() as session:
        session.paste(f"CREATE DATABASE {place.name} ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    try:
        lineage.build(place.engine, 18, rows=2)
        code, said = told(place, script("sql", MIGRATION_LANG="pt"))
        assert code == 0, said
        assert f"Pronto: em {HEAD} após {len(REVISIONS)} revisões" in said
    finally:
        place.server.drop_database(place.name)


def judged(place: Place, language: str) -> list[dict[str, str]]:
    """What the check says: a row each, by the columns' names."""
    done = place.psql("--csv", text=f"SET client_encoding TO 'UTF8';\n{script('sql-verify', MIGRATION_LANG=language)}")
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout.removeprefix("SET\n"))))


def test_the_check_finds_the_same_in_both_languages(oldest: Clone) -> None:
    assert oldest.place.paste(script("sql")).state is None
    assert judged(oldest.place, "pt")[-1]["why"] == "igual ao head"
    oldest.place.run(
        "DROP TABLE comandas CASCADE",
        "ALTER TABLE eventos DROP COLUMN nome",
        "CREATE INDEX demais ON usuarios (nome)",
        "ALTER INDEX usuarios_pkey RENAME TO outra",
        "CREATE TABLE de_outro (id integer)",
    )
    english, portuguese = judged(oldest.place, "en"), judged(oldest.place, "pt")
    assert [(row["object"], row["result"]) for row in portuguese] == [(row["object"], row["result"]) for row in english]
    told_of = {row["object"]: row for row in portuguese}
    assert told_of["table comandas"]["found"] == "nada"
    assert told_of["table comandas"]["why"] == (
        "A aplicação lê e escreve nesta tabela; toda requisição que precisa dela falha."
    )
    assert told_of["index usuarios.demais"]["expected"] == "nada"
    assert re.fullmatch(r"\d+ diferenças", portuguese[-1]["why"])
    renamed = [row for row in portuguese if "o mesmo com o nome outra" in row["found"]]
    assert [row["object"] for row in renamed] == ["primary key usuarios.usuarios_pkey"]


def test_no_word_of_a_paste_bypasses_the_catalogue(clone_of: CloneOf) -> None:
    """Notices of a whole run, the way back, and a refusal: what stands outside of the brackets is no word."""
    place = clone_of(VERSIONS[-1]).place
    texts = [script(*words, MIGRATION_LANG="xx") for words in (("sql",), ("sql-rollback", "--to", "base"))]
    said = [told(place, text)[1] for text in texts]
    place.run("ALTER TABLE usuarios ALTER COLUMN tipo DROP NOT NULL", "UPDATE usuarios SET tipo = NULL WHERE id = 1")
    code, refusal = told(place, texts[0])
    assert code == 3
    assert "⟦" in refusal
    assert "⟦⟨" in said[0]
    for text in (*said, refusal):
        lines = [re.sub(r"^(?:NOTICE|ERROR|HINT|WARNING):  (?:migration: )?", "", line) for line in text.splitlines()]
        lines = [line for line in lines if not line.startswith(("CONTEXT:", "PL/pgSQL", "SQL statement", "LINE "))]
        assert pseudo.words_outside("\n".join(lines), ALLOWED) == []


# Kinds and names of things, and what a revision gives as its reason.
ALLOWED = ("row", "view", "index", "trigger", "constraint", "column", "cells", "table", "changed", "deleted", "rows")


def test_the_check_leaves_no_word_out(oldest: Clone) -> None:
    rows = judged(oldest.place, "xx")
    assert len(rows) > 100
    found = [row["why"] for row in rows if row["why"]]
    assert [text for text in found if pseudo.words_outside(text)] == []


def test_a_run_says_what_the_server_refuses_in_portuguese_and_json_in_english(oldest: Clone) -> None:
    oldest.place.run(
        "ALTER TABLE usuarios ALTER COLUMN tipo DROP NOT NULL", "UPDATE usuarios SET tipo = NULL WHERE id = 1"
    )
    url = oldest.place.server.url(oldest.place.name)
    done = refused.here(url, "upgrade", MIGRATION_LANG="pt", MIGRATION_BACKUP_BEFORE="off")
    assert (done.code, done.err.splitlines()[-2:]) == (
        4,
        [
            "Erro: usuarios.tipo: 1 linha tem NULL onde o esquema exige um valor",
            "Próximo passo: Dê um valor a elas, e rode de novo. Veja: SELECT id FROM usuarios WHERE tipo IS NULL",
        ],
    )
    done = refused.here(url, "upgrade", MIGRATION_LANG="pt", MIGRATION_LOG="json")
    assert "usuarios.tipo: 1 row holds NULL where the schema needs a value" in done.err
