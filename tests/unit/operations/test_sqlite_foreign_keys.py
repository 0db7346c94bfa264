"""Foreign keys of unknown tables: what was broken before a run is no reason to refuse it, what the run breaks is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from homecoming.operations.sqlite import OPERATIONS
from homecoming.operations.sqlite.foreign_keys import check_foreign_keys
from tests.unit.operations.sqlite_file import foreign_keys, make, refused, run

# As a run has them: whichever is the first looks what is broken already.
repoint_foreign_keys, retire_column = OPERATIONS["repoint_foreign_keys"], OPERATIONS["retire_column"]

TABLES = (
    "CREATE TABLE usuarios (id INTEGER PRIMARY KEY, nome TEXT)",
    "INSERT INTO usuarios VALUES (1, 'Ana')",
    "CREATE TABLE notas (k TEXT PRIMARY KEY, usuario INTEGER REFERENCES usuarios (id))",
    "INSERT INTO notas VALUES ('a', 12345), ('b', 1)",
)


def broken(connection: sa.Connection, *statements: str) -> None:
    """Do as a run: an operation, what it may break, the check."""
    retire_column(connection, "nada", "nada")
    for statement in statements:
        connection.exec_driver_sql(statement)
    check_foreign_keys(connection)


def test_a_key_that_was_broken_before_is_reported(sqlite: sa.Engine, caplog: pytest.LogCaptureFixture) -> None:
    make(sqlite, *TABLES, "CREATE TABLE x (a INTEGER REFERENCES nada)", "INSERT INTO x VALUES (1), (2), (NULL)")
    run(sqlite, broken)
    assert caplog.messages == [
        "notas.usuario: 1 row refers to no row of usuarios, as before",
        "x.a: 2 rows refer to no row of nada, as before",
    ]


def test_a_key_that_the_run_breaks_is_refused(sqlite: sa.Engine) -> None:
    make(sqlite, *TABLES)
    what, todo = refused(sqlite, lambda connection: broken(connection, "DELETE FROM usuarios"))
    assert what == "notas.usuario: 2 rows refer to rows of usuarios that do not exist"
    assert todo.endswith("See them: SELECT usuario FROM notas WHERE usuario NOT IN (SELECT id FROM usuarios)")
    # What was found is of that transaction only: the next one looks anew.
    make(sqlite, "DELETE FROM usuarios")
    run(sqlite, broken)


def test_a_known_table_is_refused_whenever_it_was_broken(sqlite: sa.Engine) -> None:
    make(sqlite, *TABLES, "CREATE TABLE eventos (id INTEGER PRIMARY KEY, criador_id INTEGER REFERENCES usuarios (id))")
    make(sqlite, "INSERT INTO eventos VALUES (1, 7)")
    assert refused(sqlite, broken)[0] == "eventos.criador_id: 1 row refers to rows of usuarios that do not exist"


def test_a_key_to_a_copy_that_is_gone_is_turned_with_what_was_broken(sqlite: sa.Engine) -> None:
    make(sqlite, *TABLES, "CREATE TABLE y (a INTEGER REFERENCES usuarios_old (id))", "INSERT INTO y VALUES (1), (6)")
    run(sqlite, lambda connection: repoint_foreign_keys(connection, "usuarios_old", "usuarios"))
    assert foreign_keys(sqlite, "y") == {("a", "usuarios", "id", "NO ACTION")}


def test_a_key_to_a_copy_that_is_there_is_not_turned_to_nothing(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        *TABLES,
        "CREATE TABLE usuarios_old AS SELECT * FROM usuarios",
        "INSERT INTO usuarios_old VALUES (6, 'x')",
    )
    make(sqlite, "CREATE TABLE y (a INTEGER REFERENCES usuarios_old (id))", "INSERT INTO y VALUES (1), (6)")
    assert refused(sqlite, lambda connection: repoint_foreign_keys(connection, "usuarios_old", "usuarios"))[0] == (
        "y.a: 1 row refers to rows of usuarios that do not exist"
    )
