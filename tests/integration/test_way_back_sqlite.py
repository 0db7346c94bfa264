"""The way back of a SQLite file: whatever it was, it comes back as it was found, with the rows written since."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command

from homecoming.catalog import Severity, verify
from tests.integration.test_convergence import EMPTY, STATES, damaged, name, places
from tests.support import conservation, history, lineage, scars, way_back
from tests.support.history import REVISIONS

ROWS = 12
UP = [*REVISIONS[:-1], "head"]


def comes_back(engine: sa.Engine) -> None:
    """Go up, write as the application would, back, and up again; test_convergence.py asks whether all is as found."""
    found, origin = way_back.take(engine), conservation.take(engine)
    history.upgrade(engine)
    written = way_back.write(engine)
    history.downgrade(engine, "base")
    assert way_back.differences_beside(found, way_back.take(engine), written) == []
    history.upgrade(engine)
    with engine.connect() as connection:
        assert [finding for finding in verify(connection) if finding.severity is Severity.FAIL] == []
    assert conservation.missing(origin, engine) == []
    assert way_back.not_there(written, way_back.take(engine)) == []


def places_that_come_home() -> list[tuple[scars.Scar, int]]:
    """Every second place, the same ones each time: test_convergence.py takes all of them back as they were found."""
    return [(scar, state) for scar, state in places("sqlite") if scar.refused is None][::2]


@pytest.mark.parametrize("state", STATES)
def test_every_state(state: int, sqlite: sa.Engine) -> None:
    damaged(sqlite, (state,))
    comes_back(sqlite)


LAYERED = [(1, 22), (3, 14, 22), (13, 16), (7, 11, 18), (22, 14, 1), (27, 3), (25, 18)]


@pytest.mark.parametrize("states", LAYERED, ids=str)
def test_states_over_one_another(states: tuple[int, ...], sqlite: sa.Engine) -> None:
    damaged(sqlite, states)
    comes_back(sqlite)


@pytest.mark.parametrize("states", EMPTY, ids=str)
def test_tables_without_rows(states: tuple[int, ...], sqlite: sa.Engine) -> None:
    lineage.build(sqlite, *states)
    found = way_back.take(sqlite)
    history.upgrade(sqlite)
    history.downgrade(sqlite, "base")
    assert way_back.differences(found, way_back.take(sqlite)) == []
    comes_back(sqlite)


@pytest.mark.parametrize(("scar", "state"), places_that_come_home(), ids=name)
def test_every_scar(scar: scars.Scar, state: int, sqlite: sa.Engine) -> None:
    damaged(sqlite, (state,), (scar,))
    comes_back(sqlite)


STEPS: dict[str, Callable[[sa.Engine], None]] = {
    "nothing": lambda _engine: None,
    "the first state": lambda engine: damaged(engine, (1,)),
    "both tables of categories": lambda engine: damaged(engine, (13, 16)),
    "tipo renamed": lambda engine: damaged(engine, (25,)),
    "a copy sold since": lambda engine: damaged(engine, (18,), (scars.get("sqlite", "produtos_rebuild_sold_since"),)),
}


@pytest.mark.parametrize("life", STEPS)
def test_back_to_each_revision_it_is_as_when_it_was_reached(life: str, sqlite: sa.Engine) -> None:
    STEPS[life](sqlite)
    reached = {"base": way_back.take(sqlite)}
    for revision in UP:
        history.upgrade(sqlite, revision)
        reached[revision] = way_back.take(sqlite)
    for revision in reversed(["base", *UP[:-1]]):
        history.downgrade(sqlite, revision)
        assert way_back.differences(reached[revision], way_back.take(sqlite)) == [], revision
    history.upgrade(sqlite)
    assert way_back.differences(reached["head"], way_back.take(sqlite)) == []


def test_what_stood_before_stays(sqlite: sa.Engine) -> None:
    """Found at 22 and taken back to 17: no earlier revision had anything to do, so nothing of theirs is undone."""
    damaged(sqlite, (22,))
    found = way_back.take(sqlite)
    history.upgrade(sqlite)
    history.downgrade(sqlite, "0017")
    assert way_back.differences(found, way_back.take(sqlite)) == []


def test_a_schema_nobody_upgraded(sqlite: sa.Engine) -> None:
    """`create_all()` and a stamp: nothing was done, so nothing is undone."""
    damaged(sqlite, (22,))
    found = way_back.take(sqlite)
    command.stamp(history.config(sqlite), "0021")
    history.downgrade(sqlite, "base")
    assert way_back.differences(found, way_back.take(sqlite)) == []


def test_cells_that_no_conversion_gives_back(sqlite: sa.Engine) -> None:
    """'018' becomes a number and comes back as it was; where somebody has set another since, that is newer."""
    damaged(sqlite, (22,))
    with sqlite.begin() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = 1")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'limite_idade INTEGER', 'limite_idade TEXT') "
            "WHERE name = 'eventos'"
        )
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    with sqlite.begin() as connection:
        connection.exec_driver_sql("UPDATE eventos SET limite_idade = iif(id > 3, limite_idade, '018')")
        connection.exec_driver_sql("UPDATE usuarios SET tipo = ' admin' WHERE id <= 3")
    found = way_back.take(sqlite)
    history.upgrade(sqlite)
    with sqlite.begin() as connection:
        connection.exec_driver_sql("UPDATE eventos SET limite_idade = 21 WHERE id = 2")
        connection.exec_driver_sql("UPDATE usuarios SET tipo = 'CLIENTE' WHERE id = 2")
    for _ in range(2):
        history.downgrade(sqlite, "base")
        assert sorted(way_back.differences(found, way_back.take(sqlite))) == [
            "eventos ('2',): limite_idade '018' -> '21'",
            "usuarios ('2',): tipo ' admin' -> 'CLIENTE'",
        ]
        history.upgrade(sqlite)


def test_what_others_made_meanwhile_stays(sqlite: sa.Engine) -> None:
    """A column, an index, a view and a table that somebody made at head are no revision's to undo."""
    damaged(sqlite, (14,))
    found = way_back.take(sqlite)
    history.upgrade(sqlite)
    made = (
        "ALTER TABLE produtos ADD COLUMN cor TEXT",
        "CREATE INDEX por_cor ON produtos (cor, nome)",
        "CREATE VIEW cores AS SELECT nome, cor FROM produtos",
        "CREATE TABLE notas (id INTEGER PRIMARY KEY, produto_id INTEGER REFERENCES produtos (id))",
        "UPDATE produtos SET cor = 'azul'",
        "INSERT INTO notas (produto_id) VALUES (1)",
    )
    with sqlite.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    history.downgrade(sqlite, "base")
    there = way_back.take(sqlite)
    assert {("index", "por_cor"), ("view", "cores"), ("table", "notas")} == there.objects.keys() - found.objects.keys()
    assert there.columns["produtos"] - found.columns["produtos"] == {("cor", "TEXT", "")}
    assert {row["cor"] for row in there.tables["produtos"].values()} == {"'azul'"}
    for row in there.tables["produtos"].values():
        del row["cor"]
    assert there.tables["produtos"] == found.tables["produtos"]


def test_a_repair_in_between(sqlite: sa.Engine) -> None:
    """A second run from the first revision on undoes what it did as well, before what the first did."""
    damaged(sqlite, (14,))
    found = way_back.take(sqlite)
    history.upgrade(sqlite)
    with sqlite.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_usuarios_cpf")
        connection.exec_driver_sql("CREATE INDEX somebodys ON usuarios (telefone)")
        connection.exec_driver_sql("DELETE FROM alembic_version")
    history.upgrade(sqlite)
    history.downgrade(sqlite, "base")
    extra = {place for place in way_back.take(sqlite).objects if place not in found.objects}
    assert extra == {("index", "somebodys")}
    assert way_back.take(sqlite).tables == found.tables
