"""Copies that refer to copies: all of them are retired, whatever the rows refer to, and come back with their keys."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.operations.sqlite.copies import retire_copies
from tests.unit.operations.sqlite_file import Whole, back, foreign_keys, make, names, refused, rows, run, up, whole

TABLES = (
    "CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT, email TEXT UNIQUE, criado_em DATETIME)",
    "INSERT INTO usuarios VALUES (1, 'Ana', 'a', '2025-08-01'), (2, 'Rui', 'r', '2025-08-02')",
    "CREATE TABLE eventos (id INTEGER PRIMARY KEY, nome TEXT, criador_id INTEGER REFERENCES usuarios (id))",
    "INSERT INTO eventos VALUES (1, 'Festa', 1)",
)
COPIES = (
    "CREATE TABLE usuarios_old (id INTEGER PRIMARY KEY, nome TEXT, email TEXT, criado_em DATETIME)",
    "INSERT INTO usuarios_old SELECT * FROM usuarios",
    "CREATE TABLE eventos_old (id INTEGER PRIMARY KEY, nome TEXT, criador_id INTEGER REFERENCES usuarios_old (id))",
    "INSERT INTO eventos_old SELECT * FROM eventos",
)


def retire(connection: sa.Connection) -> None:
    retire_copies(connection, ["usuarios", "eventos"])


def unquoted(engine: sa.Engine) -> Whole:
    """Return the whole file; where a table was renamed and back, SQLite has its name in quotes."""
    found = whole(engine)
    found["sqlite_master"] = [(*thing, sql and sql.replace('"', "")) for *thing, sql in found["sqlite_master"]]
    return found


def test_a_copy_whose_rows_refer_to_nothing_that_can_go_back(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        *TABLES,
        *COPIES,
        "INSERT INTO usuarios_old VALUES (9, 'Eva', 'a', '2025-08-03')",
        "INSERT INTO eventos_old VALUES (2, 'Baile', 9), (3, 'Jantar', 2), (4, 'Missa', 77)",
    )
    run(sqlite, retire)
    assert names(sqlite) == {"usuarios", "eventos", "retired_usuarios_old", "retired_eventos_old", "retired_register"}
    assert rows(sqlite, "SELECT * FROM eventos") == [(1, "Festa", 1), (3, "Jantar", 2)]
    assert rows(sqlite, "SELECT kind, object FROM retired_register WHERE kind = 'constraint'") == [
        ("constraint", "eventos_old.eventos_old_criador_id_fkey")
    ]


@pytest.mark.parametrize("order", [COPIES, (*COPIES[2:], *COPIES[:2])])
def test_a_copy_comes_back_with_its_key_to_another(sqlite: sa.Engine, order: tuple[str, ...]) -> None:
    make(sqlite, *TABLES, *order)
    before = unquoted(sqlite)
    up(sqlite, retire)
    back(sqlite)
    assert foreign_keys(sqlite, "eventos_old") == {("criador_id", "usuarios_old", "id", "NO ACTION")}
    assert names(sqlite) == {"usuarios", "eventos", "usuarios_old", "eventos_old"}
    assert unquoted(sqlite) == before


def test_all_that_went_back_goes_again_and_what_is_referred_to_since_stays(sqlite: sa.Engine) -> None:
    """The copies come back with all their rows, those that could go back and those that could not."""
    make(
        sqlite,
        *TABLES,
        *COPIES,
        "INSERT INTO usuarios_old VALUES (9, 'Eva', 'a', '2025-08-03'), (10, 'Ivo', 'i', '2025-08-04')",
        "INSERT INTO eventos_old VALUES (2, 'Baile', 9), (3, 'Jantar', 2), (4, 'Missa', 77)",
    )
    before = unquoted(sqlite)
    up(sqlite, retire)
    assert rows(sqlite, "SELECT * FROM eventos") == [(1, "Festa", 1), (3, "Jantar", 2)]
    back(sqlite)
    assert unquoted(sqlite) == before
    up(sqlite, retire)
    make(sqlite, "INSERT INTO eventos VALUES (7, 'Novo', 10)")
    back(sqlite)
    assert rows(sqlite, "SELECT * FROM eventos") == [(1, "Festa", 1), (7, "Novo", 10)]
    assert rows(sqlite, "SELECT id FROM usuarios ORDER BY id") == [(1,), (2,), (10,)]
    for copy in ("usuarios_old", "eventos_old"):
        assert unquoted(sqlite)[copy] == before[copy]


def test_a_row_that_goes_back_must_not_come_to_refer_to_another(sqlite: sa.Engine) -> None:
    """The old user 2 cannot go back, its address is taken; the new user 2 did not make the old event."""
    make(
        sqlite,
        *TABLES,
        *COPIES,
        "UPDATE usuarios_old SET nome = 'Eva', email = 'a', criado_em = '2025-07-01' WHERE id = 2",
        "INSERT INTO eventos_old VALUES (5, 'Baile', 2)",
    )
    assert refused(sqlite, retire)[0] == (
        "eventos_old.criador_id: 1 row refers to rows of usuarios_old that find no place in usuarios"
    )
    make(sqlite, "INSERT INTO eventos VALUES (5, 'Baile', 1)")
    run(sqlite, retire)
    assert "retired_eventos_old" in names(sqlite)


def test_a_copy_that_takes_the_place_of_its_table_keeps_its_keys(sqlite: sa.Engine) -> None:
    make(sqlite, *TABLES, *COPIES, "DROP TABLE eventos")
    run(sqlite, retire)
    assert foreign_keys(sqlite, "eventos") == {("criador_id", "usuarios", "id", "NO ACTION")}


def sent(engine: sa.Engine, tables: int) -> int:
    """Make so many tables, each with a key to the one before, and count what looking for their copies sends."""
    names = [f"t{number}" for number in range(tables)]
    make(engine, *(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, pai INTEGER REFERENCES t0 (id))" for name in names))
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    run(engine, lambda connection: retire_copies(connection, names))
    sa.event.listen(engine, "before_cursor_execute", note)
    run(engine, lambda connection: retire_copies(connection, names))
    return len(statements)


def test_what_is_asked_grows_with_the_tables_and_not_with_their_square(tmp_path: Path) -> None:
    few, many = (sent(sa.create_engine(f"sqlite:///{tmp_path / str(count)}.db"), count) for count in (10, 40))
    assert many < 5 * few
