"""Kept cells go back to the rows they were kept for, and to no others; what cannot go back stays kept."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from homecoming.operations.sqlite.rename import rename_table
from homecoming.operations.sqlite.retire_column import retire_column
from homecoming.operations.sqlite.values import replace_values
from tests.unit.operations.sqlite_file import back, kept, make, names, rows, run, up

TABLE = (
    "CREATE TABLE produtos (id INTEGER NOT NULL, nome TEXT, criado_em DATETIME DEFAULT CURRENT_TIMESTAMP, marca TEXT, "
    "PRIMARY KEY (id))"
)
FILLED = (
    "INSERT INTO produtos VALUES (1, 'Água', '2025-08-01 10:00:00', 'Fonte'), (2, 'Suco', '2025-08-01 10:00:00', NULL),"
    " (3, 'Gin', '2025-08-02 10:00:00', 'Zimbro'), (4, 'Rum', NULL, 'Cana')"
)
KEPT = "SELECT id, marca FROM retired_produtos__marca"
BACK = "SELECT id, nome, marca FROM produtos"


def retire(connection: sa.Connection) -> None:
    retire_column(connection, "produtos", "marca")


def test_a_row_that_took_the_id_of_another_gets_none_of_its_cells(sqlite: sa.Engine) -> None:
    make(sqlite, TABLE, FILLED)
    up(sqlite, retire)
    make(
        sqlite,
        "DELETE FROM produtos WHERE id > 2",
        "INSERT INTO produtos (nome) VALUES ('Novo')",
        # Renamed, and still the row it was.
        "UPDATE produtos SET nome = 'Água sem gás' WHERE id = 1",
    )
    back(sqlite)
    assert rows(sqlite, BACK) == [(1, "Água sem gás", "Fonte"), (2, "Suco", None), (3, "Novo", None)]
    assert rows(sqlite, KEPT) == [(3, "Zimbro"), (4, "Cana")]
    assert kept(sqlite) == [("produtos.marca", 2)]


def test_what_stayed_kept_is_not_lost_the_next_time_and_goes_back_with_its_row(sqlite: sa.Engine) -> None:
    make(sqlite, TABLE, FILLED)
    up(sqlite, retire)
    make(sqlite, "DELETE FROM produtos WHERE id > 2", "INSERT INTO produtos (nome) VALUES ('Novo')")
    back(sqlite)
    make(sqlite, "UPDATE produtos SET marca = 'Nova' WHERE id = 3")
    up(sqlite, retire)
    assert rows(sqlite, KEPT) == [(3, "Zimbro"), (4, "Cana")]
    assert rows(sqlite, f"{KEPT}_2") == [(1, "Fonte"), (2, None), (3, "Nova")]
    make(
        sqlite,
        "DELETE FROM produtos WHERE id = 3",
        "INSERT INTO produtos VALUES (3, 'Gin', '2025-08-02 10:00:00'), (4, 'Rum', NULL)",
    )
    back(sqlite)
    assert rows(sqlite, BACK) == [(1, "Água", "Fonte"), (2, "Suco", None), (3, "Gin", "Zimbro"), (4, "Rum", "Cana")]
    assert names(sqlite) == {"produtos", "retired_produtos__marca_2", "retired_register"}
    assert rows(sqlite, f"{KEPT}_2") == [(3, "Nova")]


def test_a_word_goes_back_to_its_row_only(sqlite: sa.Engine) -> None:
    make(sqlite, TABLE, FILLED)
    pairs = {"Fonte": "X", "Zimbro": "X", "Cana": "X"}
    up(sqlite, lambda connection: replace_values(connection, "produtos", "marca", pairs))
    make(
        sqlite,
        "DELETE FROM produtos WHERE id = 4",
        "INSERT INTO produtos (nome, marca) VALUES ('Novo', 'X')",
        "UPDATE produtos SET marca = 'Y' WHERE id = 1",
    )
    back(sqlite)
    assert rows(sqlite, "SELECT id, marca FROM produtos") == [(1, "Y"), (2, None), (3, "Zimbro"), (4, "X")]
    assert rows(sqlite, "SELECT id, marca FROM retired_produtos__marca__before") == [(1, "Fonte"), (4, "Cana")]


CATEGORIES = (
    "CREATE TABLE antigas (id INTEGER NOT NULL, nome TEXT, evento_id INTEGER, PRIMARY KEY (id))",
    "INSERT INTO antigas VALUES (1, 'Bebidas', 7), (2, 'Sem evento', NULL), (3, 'Também', NULL)",
)
CHILDREN = {
    "by its key": "CREATE TABLE x (k TEXT PRIMARY KEY, c INTEGER REFERENCES antigas (id)) WITHOUT ROWID",
    "by its number": "CREATE TABLE x (k TEXT, c INTEGER REFERENCES antigas (id))",
    "by a key with the reference": "CREATE TABLE x (k TEXT, c INTEGER REFERENCES antigas (id), PRIMARY KEY (k, c))",
    "by no id": "CREATE TABLE x (k TEXT, id INTEGER, c INTEGER REFERENCES antigas (id))",
}


@pytest.mark.parametrize("child", CHILDREN)
def test_a_reference_of_a_row_without_an_id_is_kept_and_comes_back(sqlite: sa.Engine, child: str) -> None:
    make(sqlite, *CATEGORIES, CHILDREN[child], "INSERT INTO x (k, c) VALUES ('a', 1), ('b', 2), ('c', 3)")
    if "ROWID" not in CHILDREN[child]:
        make(sqlite, "INSERT INTO x (k, c) VALUES ('d', 2)", "DELETE FROM x WHERE k = 'b'")
    before = rows(sqlite, "SELECT k, c FROM x ORDER BY k")
    up(sqlite, lambda connection: rename_table(connection, "antigas", "novas", ["evento_id"]))
    assert rows(sqlite, "SELECT k FROM x WHERE c IS NOT NULL") == [("a",)]
    back(sqlite)
    assert rows(sqlite, "SELECT k, c FROM x ORDER BY k") == before
    assert names(sqlite) == {"antigas", "x"}


def test_a_row_known_by_its_number_that_changed_since_keeps_what_it_has(sqlite: sa.Engine) -> None:
    make(sqlite, *CATEGORIES, CHILDREN["by its number"], "INSERT INTO x VALUES ('b', 2), ('c', 3)")
    up(sqlite, lambda connection: rename_table(connection, "antigas", "novas", ["evento_id"]))
    make(sqlite, "UPDATE x SET k = 'outra' WHERE k = 'b'")
    back(sqlite)
    assert rows(sqlite, "SELECT k, c FROM x") == [("outra", None), ("c", 3)]
    assert rows(sqlite, "SELECT rowid, c, k FROM retired_x__c__before") == [(1, 2, "b")]


def test_a_retired_row_whose_id_is_taken_stays_retired_with_the_references_to_it(sqlite: sa.Engine) -> None:
    make(sqlite, *CATEGORIES, "CREATE TABLE x (id INTEGER PRIMARY KEY, c INTEGER REFERENCES antigas (id))")
    make(sqlite, "INSERT INTO x VALUES (1, 2), (2, 3)")
    up(sqlite, lambda connection: rename_table(connection, "antigas", "novas", ["evento_id"]))
    make(sqlite, "INSERT INTO novas (nome, evento_id) VALUES ('Nova', 7)")
    back(sqlite)
    assert rows(sqlite, "SELECT id, nome FROM antigas") == [(1, "Bebidas"), (2, "Nova"), (3, "Também")]
    assert rows(sqlite, "SELECT id, nome FROM retired_antigas") == [(2, "Sem evento")]
    assert rows(sqlite, "SELECT id, c FROM x") == [(1, None), (2, 3)]
    assert rows(sqlite, "SELECT id, c FROM retired_x__c__before") == [(1, 2)]


def test_a_category_whose_id_is_no_number_moves_under_a_fresh_one(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE antigas (id, nome TEXT)",
        "INSERT INTO antigas VALUES ('abc', 'Bebidas'), (2, 'Outra')",
        "CREATE TABLE novas (id INTEGER NOT NULL, nome TEXT, PRIMARY KEY (id))",
        "INSERT INTO novas VALUES (2, 'Comidas')",
    )
    run(sqlite, lambda connection: rename_table(connection, "antigas", "novas"))
    assert rows(sqlite, "SELECT * FROM novas") == [(2, "Comidas"), (3, "Outra"), (4, "Bebidas")]
    assert rows(sqlite, "SELECT * FROM retired_antigas") == [("abc", "Bebidas"), (2, "Outra")]
