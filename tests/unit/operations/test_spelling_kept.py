# ruff: noqa: E501  statements of SQL are easier to read unbroken
"""A cell that gets another spelling with its enum is kept, of whatever table, named, and comes back on the way down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from homecoming.operations.guarded import prepare, send
from tests.unit.operations.test_definitions_over_an_enum import Database

FOUND = sa.Enum("alto", "baixo", "Baixo", "nenhum", name="nivel")

# What makes a table of somebody's, its rows, and what shows all of them. The first spelling at head is NENHUM, Baixo, alto.
TABLES: dict[str, tuple[str, str]] = {
    "a key that is no id": (
        "CREATE TABLE notas (codigo text PRIMARY KEY, nivel nivel); INSERT INTO notas VALUES ('a', 'baixo'), ('b', 'Baixo'), ('c', NULL), ('d', 'alto')",
        "notas",
    ),
    "a key of two columns, one of them a moment": (
        "CREATE TABLE notas (em timestamptz, n integer, nivel nivel, PRIMARY KEY (n, em)); INSERT INTO notas VALUES ('2025-01-01', 1, 'baixo'), ('2025-01-02', 1, 'Baixo'), ('2025-01-01', 2, 'baixo')",
        "notas",
    ),
    "a key with the label in it": (
        "CREATE TABLE notas (pessoa integer, nivel nivel, PRIMARY KEY (pessoa, nivel)); INSERT INTO notas VALUES (1, 'baixo'), (2, 'Baixo'), (1, 'alto')",
        "notas",
    ),
    "a label that is the key": (
        "CREATE TABLE notas (nivel nivel PRIMARY KEY); INSERT INTO notas VALUES ('baixo'), ('alto')",
        "notas",
    ),
    "no key, rows alike in all": (
        "CREATE TABLE notas (texto text, nivel nivel, valor double precision); INSERT INTO notas VALUES ('x', 'baixo', 0.1), ('x', 'baixo', 0.1), ('x', 'Baixo', 0.1), (NULL, 'baixo', NULL), ('NULL', 'Baixo', NULL)",
        "notas",
    ),
    "no key, two columns of it": (
        "CREATE TABLE notas (antes nivel, depois nivel); INSERT INTO notas VALUES ('baixo', 'Baixo'), ('Baixo', 'baixo'), ('baixo', 'baixo'), ('Baixo', 'Baixo')",
        "notas",
    ),
    "another schema, odd names": (
        'CREATE SCHEMA "a loja"; CREATE TABLE "a loja"."As Notas" ("O Nº" integer PRIMARY KEY, "o nível" nivel); INSERT INTO "a loja"."As Notas" VALUES (1, \'baixo\'), (2, \'Baixo\')',
        '"a loja"."As Notas"',
    ),
    "an array": (
        "CREATE TABLE notas (id integer PRIMARY KEY, niveis nivel[]); INSERT INTO notas VALUES (1, '{baixo,NULL,Baixo}'), (2, '{Baixo,alto}'), (3, NULL)",
        "notas",
    ),
    "tables that inherit, and a rule and a trigger that refuse": (
        (
            "CREATE TABLE notas (n integer, nivel nivel); CREATE TABLE filha () INHERITS (notas); INSERT INTO filha VALUES (1, 'baixo'); INSERT INTO notas VALUES (1, 'baixo');"
            "CREATE FUNCTION nunca() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
            "CREATE TRIGGER t BEFORE UPDATE ON notas FOR EACH ROW EXECUTE FUNCTION nunca()"
        ),
        "notas",
    ),
    "partitions": (
        "CREATE TABLE notas (em date, nivel nivel) PARTITION BY RANGE (em); CREATE TABLE n1 PARTITION OF notas DEFAULT; INSERT INTO notas VALUES ('2025-01-01', 'baixo')",
        "notas",
    ),
}


@pytest.fixture
def db(postgres: sa.Engine) -> Iterator[Database]:
    with postgres.connect() as connection:
        yield Database(connection)


def go(db: Database, direction: str) -> None:
    db.run(f"SELECT set_config('homecoming.direction', '{direction}', true)")


def back(db: Database, labels: sa.Enum) -> None:
    """Give the type the labels that it had, as the way back does."""
    given = ", ".join(f"'{label}'" for label in labels.enums)
    prepare(db.context)
    send(db.context, f"CALL pg_temp.ensure_enum('nivel', {given})")
    send(db.context, "SELECT pg_temp.give_spelling_back('nivel')")
    db.run("RESET search_path")


def rows(db: Database, table: str) -> list[str]:
    return sorted(db.run(f"SELECT t::text FROM {table} t"))


def register(db: Database) -> list[str]:
    if db.run("SELECT to_regclass('retired.register') IS NULL")[0]:
        return []
    return db.run("SELECT concat(kind, ' ', object, ' ', rows) FROM retired.register ORDER BY id")


@pytest.mark.parametrize("kind", TABLES)
def test_no_cell_is_lost(db: Database, kind: str) -> None:
    made, table = TABLES[kind]
    db.run("SET LOCAL TimeZone = 'UTC'")
    db.run(made)
    db.run("DELETE FROM pessoas")
    before = rows(db, table)
    go(db, "upgrade")
    db.rebuild()
    assert rows(db, table) != before
    assert not any("baixo" in row for row in rows(db, table))
    assert {entry.partition(" ")[0] for entry in register(db)} == {"cells"}
    go(db, "downgrade")
    back(db, FOUND)
    db.run("RESET search_path")
    assert rows(db, table) == before
    assert db.holders_of_the_old() == []
    assert db.run("SELECT to_regnamespace('retired') IS NULL") == [True]


def test_they_are_named_with_how_many(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    db.run(TABLES["another schema, odd names"][0])
    with caplog.at_level("INFO"):
        db.rebuild()
    assert 'retired cells "a loja"."As Notas"."o nível" (1 row)' in caplog.messages
    assert sorted(register(db)) == ['cells "a loja"."As Notas"."o nível" 1', "cells public.pessoas.nivel 1"]


def test_a_label_that_the_way_back_has_no_more_is_made_for_them(db: Database) -> None:
    """The revision before knows one spelling: the rows that had another get it all the same."""
    go(db, "upgrade")
    db.rebuild()
    go(db, "downgrade")
    back(db, sa.Enum("alto", "Baixo", "NENHUM", name="nivel"))
    assert db.run("SELECT nivel::text FROM pessoas ORDER BY id") == ["alto", "baixo", "Baixo", "NENHUM"]


def test_a_row_that_was_given_another_value_keeps_it(db: Database) -> None:
    db.run(TABLES["a key that is no id"][0])
    go(db, "upgrade")
    db.rebuild()
    db.run("UPDATE notas SET nivel = 'alto' WHERE codigo = 'a'; DELETE FROM pessoas")
    go(db, "downgrade")
    back(db, FOUND)
    assert db.run("SELECT nivel::text FROM notas ORDER BY codigo") == ["alto", "Baixo", None, "alto"]
    assert "cells public.notas.nivel 1" in register(db)


def test_only_the_way_back_of_their_revision_gives_them_back(db: Database) -> None:
    db.run("SELECT set_config('homecoming.revision', '0020', true)")
    go(db, "upgrade")
    db.rebuild()
    go(db, "downgrade")
    db.run("SELECT set_config('homecoming.revision', '0023', true)")
    back(db, sa.Enum("NENHUM", "Baixo", "baixo", "alto", name="nivel"))
    assert db.run("SELECT nivel::text FROM pessoas WHERE id = 2") == ["Baixo"]
    db.run("SELECT set_config('homecoming.revision', '0020', true)")
    back(db, FOUND)
    assert db.run("SELECT nivel::text FROM pessoas WHERE id = 2") == ["baixo"]


def test_a_key_that_another_row_has_taken_since(db: Database) -> None:
    """What may not come back stays kept, and the way back goes on."""
    db.run(TABLES["a key with the label in it"][0])
    go(db, "upgrade")
    db.rebuild()
    db.run("INSERT INTO notas VALUES (1, 'baixo'); DELETE FROM pessoas")
    go(db, "downgrade")
    back(db, sa.Enum("NENHUM", "Baixo", "baixo", "alto", "novo", name="nivel"))
    assert "cells public.notas.nivel 1" in register(db)
