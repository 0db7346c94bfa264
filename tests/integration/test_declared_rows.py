"""Rows that a revision changes or deletes and says so: kept with the reason, told beforehand, and back."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.integration.test_undeclared import Revision, in_, models, on_file, on_server, pasted, revision, target
from tests.support import whole
from tests.support.history import HEAD, NEXT
from tests.support.refused import Target, here

__all__ = ["models", "on_file", "on_server", "revision", "target"]

UP = """
op.fill_column("vistos", "nome", {"postgresql": "'nr. ' || id::text", "sqlite": "'nr. ' || id"}, reason="for all")
op.change_rows("vistos", {"idade": "idade + 10", "nome": "upper(nome)"}, where="id <> 3", reason="they were young")
op.delete_rows("filhos", where="pai = 1", reason="of nobody")
"""
DOWN = "op.undo()"
FOUND = [(1, "a", 1), (2, None, 2), (3, "c", 3)]
CHANGED = [(1, "A", 11), (2, "NR. 2", 12), (3, "c", 3)]
CHILDREN = [(1, 1), (2, 1), (3, 2)]


def rows(target: Target, table: str) -> list[tuple[Any, ...]]:
    with target.engine.connect() as connection:
        statement = in_(target.engine.dialect.name, f"SELECT * FROM {{p}}{table} ORDER BY id")
        return [tuple(row)[:3] for row in connection.exec_driver_sql(statement)]


def run(target: Target, *statements: str) -> None:
    target.run(*(in_(target.engine.dialect.name, statement) for statement in statements))


def done(target: Target, *arguments: str) -> str:
    ended = here(target.url, *arguments)
    assert ended.code == 0, ended.err
    return ended.out


def everything(target: Target) -> str:
    """Everything a database holds, but for the number of the register's next line: a sequence never goes back."""
    return re.sub(r"'retired.register_id_seq', \d+", "", whole.of(target.engine, target.server))


def test_up_and_down_and_up_again(target: Target, revision: Revision) -> None:
    revision(target, UP, DOWN)
    for _ in range(2):
        said = done(target, "upgrade")
        assert "vistos: 1 row changed: for all" in said
        assert "vistos: 2 rows changed: they were young" in said
        assert "filhos: 2 rows deleted: of nobody" in said
        assert (rows(target, "vistos"), rows(target, "filhos")) == (CHANGED, [(3, 2)])
        assert done(target, "upgrade").endswith(f"At {NEXT}: nothing to do\n")
        done(target, "downgrade", HEAD)
        assert (rows(target, "vistos"), rows(target, "filhos")) == (FOUND, CHILDREN)


def test_the_plan_tells_how_many_and_why(target: Target, revision: Revision) -> None:
    revision(target, UP, DOWN)
    before = whole.of(target.engine, target.server)
    said = done(target, "upgrade", "--plan")
    assert f"  {NEXT}  vistos: 1 row changed: for all\n" in said
    assert f"  {NEXT}  vistos: 2 rows changed: they were young\n" in said
    assert f"  {NEXT}  filhos: 2 rows deleted: of nobody\n" in said
    assert whole.of(target.engine, target.server) == before


def test_a_paste_does_the_same(on_server: Target, revision: Revision) -> None:
    revision(on_server, UP, DOWN)
    assert pasted(on_server).error == (None, None, None)
    assert (rows(on_server, "vistos"), rows(on_server, "filhos")) == (CHANGED, [(3, 2)])
    assert pasted(on_server, "sql-rollback", "--to", HEAD).error == (None, None, None)
    assert (rows(on_server, "vistos"), rows(on_server, "filhos")) == (FOUND, CHILDREN)


def test_what_was_written_meanwhile_stays(target: Target, revision: Revision) -> None:
    revision(target, UP, DOWN)
    done(target, "upgrade")
    run(
        target,
        "UPDATE {p}vistos SET idade = 99 WHERE id = 1",
        "INSERT INTO {p}vistos VALUES (7, 'g', 7)",
        "INSERT INTO {p}filhos VALUES (1, 2)",
    )
    said = done(target, "downgrade", HEAD)
    assert "vistos.idade: 1 row has a newer value since, and keep it: id 1" in said
    assert "filhos: 1 row stays retired: a key of theirs is taken, or not there" in said
    assert rows(target, "vistos") == [(1, "a", 99), *FOUND[1:], (7, "g", 7)]
    assert rows(target, "filhos") == [(1, 2), *CHILDREN[1:]]


CELLS_THEN_ROWS = {
    "a column that goes": 'op.retire_column("vistos", "idade")',
    "rows that change": """op.change_rows("vistos", {"nome": "'z'"}, where="true", reason="all the same")""",
}


@pytest.mark.parametrize("first", CELLS_THEN_ROWS.values(), ids=CELLS_THEN_ROWS)
def test_cells_come_back_to_rows_that_went_after_them(target: Target, revision: Revision, first: str) -> None:
    revision(target, f'{first}; op.delete_rows("vistos", where="id = 1", reason="of nobody")', DOWN)
    run(target, "ALTER TABLE {p}vistos ADD COLUMN cor varchar(9)", "UPDATE {p}vistos SET cor = 'a'")
    statement = in_(target.engine.dialect.name, "SELECT id, nome, idade, cor FROM {p}vistos ORDER BY id")
    with target.engine.connect() as connection:
        before = connection.exec_driver_sql(statement).all()
    done(target, "upgrade")
    said = done(target, "downgrade", HEAD)
    with target.engine.connect() as connection:
        assert connection.exec_driver_sql(statement).all() == before, said


def test_children_whose_parent_cannot_come_back_stay_retired(target: Target, revision: Revision) -> None:
    revision(
        target,
        'op.delete_rows("filhos", where="true", reason="x"); op.delete_rows("netos", where="true", reason="y");'
        'op.delete_rows("pais", where="id = 1", reason="z")',
        DOWN,
    )
    if target.server is None:
        target.run("DROP TABLE filhos", "CREATE TABLE filhos (id integer PRIMARY KEY, pai integer REFERENCES pais)")
        target.run("INSERT INTO filhos VALUES (1, 1), (2, 1), (3, 2)")
    run(target, "CREATE UNIQUE INDEX so_um ON {p}pais (nome)")
    done(target, "upgrade")
    run(target, "INSERT INTO {p}pais (id, nome) VALUES (9, 'Ana')")
    said = done(target, "downgrade", HEAD)
    assert [row[:2] for row in rows(target, "pais")] == [(2, "Rui"), (9, "Ana")]
    assert rows(target, "filhos") == []
    assert "pais: 1 row stays retired: a key of theirs is taken, or not there" in said
    assert "filhos: 3 rows stay retired: a key of theirs is taken, or not there" in said
    done(target, "upgrade")


def test_a_repair_does_it_once(target: Target, revision: Revision) -> None:
    revision(target, UP, DOWN)
    done(target, "upgrade")
    run(target, "DROP INDEX {p}ix_usuarios_cpf")
    done(target, "repair")
    assert rows(target, "vistos") == CHANGED


def test_rows_that_are_referred_to_stay(target: Target, revision: Revision) -> None:
    if target.server is None:
        target.run("DROP TABLE netos", "CREATE TABLE netos (id integer PRIMARY KEY, pai integer REFERENCES pais (id))")
        target.run("INSERT INTO netos VALUES (1, 1), (2, 2)")
    revision(
        target, 'op.delete_rows("filhos", where="true", reason="x"); op.delete_rows("pais", where="id = 1", reason="y")'
    )
    before = everything(target)
    ended = here(target.url, "upgrade")
    assert (ended.code, ended.err) == (
        4,
        (
            f"Error: revision {NEXT} deletes rows of pais that netos.pai refers to (1 row)\n"
            "Next: Before it, delete those with op.delete_rows(), or turn them round with op.change_rows()\n"
        ),
    )
    assert everything(target) == before


def test_the_reason_is_in_the_register(target: Target, revision: Revision) -> None:
    revision(target, UP, DOWN)
    done(target, "upgrade")
    register = "retired.register" if target.server else "retired_register"
    with target.engine.connect() as connection:
        found = connection.exec_driver_sql(
            f"SELECT kind, object, rows, definition FROM {register} "
            f"WHERE revision = '{NEXT}' AND kind NOT LIKE 'undo%%' ORDER BY id"
        )
        kept = [tuple(row) for row in found]
    assert kept == [
        ("changed", "vistos.nome", 1, "-- for all"),
        # What tells a row is kept first, and comes back last.
        ("changed", "vistos.nome", 2, "-- they were young"),
        ("changed", "vistos.idade", 2, "-- they were young"),
        ("deleted", "filhos", 2, "-- of nobody"),
    ]
