"""What operations say, in Portuguese and in the pseudo-language: refusals and lines of the log, on both dialects."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.support import lineage, pseudo, refused, scars


def damaged(engine: sa.Engine) -> sa.URL:
    """A database whose rows refuse a run, on PostgreSQL in two ways."""
    lineage.build(engine, 18, rows=6)
    dialect = engine.dialect.name
    scars.apply(engine, scars.get(dialect, "usuarios_email_twice"))
    if dialect == "postgresql":
        scars.apply(engine, scars.get(dialect, "usuarios_tipo_null"))
    return engine.url


def test_a_refusal_of_several_faults_is_in_portuguese(database: sa.Engine) -> None:
    url = damaged(database)
    english = refused.here(url, "upgrade", MIGRATION_BACKUP_BEFORE="off")
    portuguese = refused.here(url, "upgrade", MIGRATION_BACKUP_BEFORE="off", MIGRATION_LANG="pt")
    assert (english.code, portuguese.code) == (4, 4)
    assert len(english.err.splitlines()) == len(portuguese.err.splitlines())
    assert "usuarios.email: 1 valor ocorre mais de uma vez onde devem ser únicos" in portuguese.err
    assert "Torne-os únicos e rode de novo. Veja: SELECT email, count(*) FROM usuarios" in portuguese.err
    if database.dialect.name == "postgresql":
        assert "usuarios.tipo: 1 linha tem NULL onde o esquema exige um valor" in portuguese.err
    for word in ("where", "then", "run again", "rows hold", "See them"):
        assert word not in portuguese.err


def test_json_stays_english(database: sa.Engine) -> None:
    url = damaged(database)
    said = refused.here(url, "upgrade", MIGRATION_BACKUP_BEFORE="off", MIGRATION_LANG="pt", MIGRATION_LOG="json")
    assert "usuarios.email: 1 value occurs more than once where they must be unique" in said.err


@pytest.mark.parametrize("verb", ["upgrade", "downgrade"])
def test_no_line_of_an_operation_bypasses_the_catalogue(database: sa.Engine, verb: str) -> None:
    """The lines of a run upwards, and of the way back, with rows to retire and to bring back."""
    lineage.build(database, 18, rows=6)
    done = refused.here(database.url, "upgrade", MIGRATION_BACKUP_BEFORE="off", MIGRATION_LANG="xx")
    assert done.code == 0, done.err
    if verb == "downgrade":
        done = refused.here(database.url, "downgrade", "0015", MIGRATION_BACKUP_BEFORE="off", MIGRATION_LANG="xx")
        assert done.code == 0, done.err
    assert pseudo.words_outside(done.out, ALLOWED) == []


def test_no_refusal_bypasses_the_catalogue(database: sa.Engine) -> None:
    done = refused.here(damaged(database), "upgrade", MIGRATION_BACKUP_BEFORE="off", MIGRATION_LANG="xx")
    assert done.code == 4
    assert pseudo.words_outside(done.err, ALLOWED) == []


# Types, which are as SQL has them.
ALLOWED = ("varchar", "integer")


def test_what_a_run_says_is_in_portuguese(database: sa.Engine) -> None:
    lineage.build(database, 18, rows=6)
    done = refused.here(database.url, "upgrade", MIGRATION_BACKUP_BEFORE="off", MIGRATION_LANG="pt")
    assert "aposentado: coluna produtos.evento_id (6 linhas)" in done.out
    assert "formas_pagamento criada" in done.out
