"""Copies whose ids leave none above them, and keys that are checked late: rows go back, references follow."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.catalog import Severity, verify
from tests.support import conservation, history, lineage, scars

ROWS = 12


def do(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(engine: sa.Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def upgraded(engine: sa.Engine) -> None:
    history.upgrade(engine)
    with engine.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []


def highest(engine: sa.Engine) -> int:
    return 2**63 - 1 if engine.dialect.name == "sqlite" else 2**31 - 1


CRACHA = (
    "CREATE TABLE cracha (id INTEGER PRIMARY KEY, cliente_id {} REFERENCES clientes_eventos_old (id))",
    "INSERT INTO cracha SELECT id, id FROM clientes_eventos_old",
)
WHO = "SELECT cracha.id, nome_completo FROM cracha JOIN {} c ON c.id = cliente_id ORDER BY 1"


def other_people(engine: sa.Engine, kind: str) -> dict[int, str]:
    """A copy two of whose ids other people have taken, and one of whose ids is the highest there is."""
    lineage.build(engine, 18, rows=ROWS)
    do(
        engine,
        f"CREATE TABLE clientes_eventos_old (id {kind} PRIMARY KEY, cpf VARCHAR(11), nome_completo VARCHAR(255), "
        "criado_em TIMESTAMP)",
        "INSERT INTO clientes_eventos_old VALUES (1, '90000000001', 'Ana', '2024-01-01 00:00:00'), "
        f"(2, '90000000002', 'Bia', '2024-01-01 00:00:00'), ({highest(engine)}, '90000000003', 'Caio', NULL), "
        f"({highest(engine) - 2}, '90000000004', 'Davi', NULL)",
        *(statement.format(kind) for statement in CRACHA),
    )
    return dict(rows(engine, WHO.format("clientes_eventos_old")))


@pytest.mark.parametrize("kind", ["INTEGER", "BIGINT"])
def test_a_fresh_id_is_a_free_one_where_none_is_above(database: sa.Engine, kind: str) -> None:
    if database.dialect.name == "sqlite":
        # Nothing else is the number of a row.
        kind = "INTEGER"
    people = other_people(database, kind)
    assert len(people) == 4
    before = conservation.take(database)
    upgraded(database)
    assert dict(rows(database, WHO.format("clientes_eventos"))) == people
    fresh = rows(database, "SELECT id FROM clientes_eventos WHERE nome_completo IN ('Ana', 'Bia') ORDER BY id")
    assert fresh == [(highest(database) - 3,), (highest(database) - 1,)]
    history.downgrade(database, "base")
    assert conservation.missing(before, database) == []
    assert dict(rows(database, WHO.format("clientes_eventos_old"))) == people


def test_an_id_that_no_row_can_have_is_found_by_its_key(postgres: sa.Engine) -> None:
    """An id of a copy beyond an integer's: the person was registered again, and the reference follows."""
    lineage.build(postgres, 18, rows=ROWS)
    do(
        postgres,
        "CREATE TABLE clientes_eventos_old AS SELECT id + 3000000000 AS id, cpf, nome_completo FROM clientes_eventos",
        "ALTER TABLE clientes_eventos_old ADD PRIMARY KEY (id)",
        *(statement.format("bigint").replace("id, id FROM", "id - 3000000000, id FROM") for statement in CRACHA),
    )
    people = dict(rows(postgres, WHO.format("clientes_eventos_old")))
    upgraded(postgres)
    assert dict(rows(postgres, WHO.format("clientes_eventos"))) == people


def test_categories_of_both_tables_where_the_highest_id_is_taken(database: sa.Engine) -> None:
    """Of two categories with one id, that of the old table gets the highest id that is free."""
    lineage.build(database, 22, rows=ROWS)
    scars.apply(database, scars.get(database.dialect.name, "produtos_categorias_beside_categorias"))
    do(database, f"UPDATE produtos_categorias SET id = {highest(database)} WHERE id = 901")
    before = conservation.take(database)
    upgraded(database)
    assert rows(database, "SELECT id FROM categorias_produtos WHERE nome = 'Drinks'") == [(highest(database),)]
    assert rows(database, "SELECT id FROM categorias_produtos WHERE nome = 'Sobremesas'") == [(highest(database) - 1,)]
    assert conservation.missing(before, database) == []


@pytest.mark.parametrize("key", ["PRIMARY KEY (id)", "UNIQUE (cpf)"])
@pytest.mark.parametrize("when", ["IMMEDIATE", "DEFERRED"])
def test_a_key_that_is_checked_late(postgres: sa.Engine, key: str, when: str) -> None:
    """ON CONFLICT takes no such key: rows go back all the same, but for one whose address is taken."""
    lineage.build(postgres, 18, rows=ROWS)
    do(
        postgres,
        "CREATE TABLE usuarios_backup AS SELECT * FROM usuarios WHERE id < 3",
        "UPDATE usuarios_backup SET id = id + 500, cpf = '9000000000' || id, "
        "email = CASE id WHEN 1 THEN email ELSE 'novo@example.com' END",
        "DROP INDEX ix_usuarios_cpf",
        "ALTER TABLE usuarios DROP CONSTRAINT usuarios_pkey CASCADE" if "PRIMARY" in key else "SELECT 1",
        f"ALTER TABLE usuarios ADD {key} DEFERRABLE INITIALLY {when}",
    )
    before = conservation.take(postgres)
    upgraded(postgres)
    assert rows(postgres, "SELECT id, email FROM usuarios WHERE id > 500") == [(502, "novo@example.com")]
    assert conservation.missing(before, postgres) == []
    history.downgrade(postgres, "base")
    assert conservation.missing(before, postgres) == []
