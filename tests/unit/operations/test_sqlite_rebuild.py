"""A rebuild keeps everything that it was not asked to change."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from homecoming.operations.sqlite.live import read_table
from homecoming.operations.sqlite.rebuild import alter, rebuild
from homecoming.operations.sqlite.table import Column, Table
from tests.unit.operations.sqlite_file import columns, definition, foreign_keys, make, names, rows, run, scalar, whole


def widened(connection: sa.Connection, table: str = "t") -> None:
    """Rebuild a table with one more column."""
    live = read_table(connection, table)
    assert live is not None
    rebuild(connection, live, live.adding(Column("nova", "INTEGER")))


def test_rows_keep_their_ids_and_the_next_one_is_above_the_highest(sqlite: sa.Engine) -> None:
    make(
        sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)", "INSERT INTO t VALUES (3, 'a'), (7, NULL), (9, 'ç')"
    )
    run(sqlite, widened)
    make(sqlite, "INSERT INTO t (x) VALUES ('d')")
    assert rows(sqlite, "SELECT id, x, nova FROM t") == [
        (3, "a", None),
        (7, None, None),
        (9, "ç", None),
        (10, "d", None),
    ]


def test_unknown_columns_constraints_indexes_and_triggers_stay(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE log (de TEXT)",
        "CREATE TABLE u (id INTEGER PRIMARY KEY)",
        'CREATE TABLE t (id INTEGER PRIMARY KEY, "cor: %s ""?""" "tipo (1)" COLLATE NOCASE DEFAULT \'%(a)s\', '
        '"Order" INT CHECK ("Order" > 0), u INTEGER REFERENCES u ON DELETE CASCADE, '
        'CONSTRAINT par UNIQUE (u, "Order"))',
        'CREATE INDEX simples ON t ("cor: %s ""?""")',
        'CREATE UNIQUE INDEX "de expressão" ON t (lower("cor: %s ""?""") DESC) WHERE "Order" > 5',
        "CREATE TRIGGER depois AFTER INSERT ON t BEGIN INSERT INTO log VALUES ('t: ' || NEW.id); END",
        "INSERT INTO u VALUES (1)",
        "INSERT INTO t VALUES (1, 'É :x %', 6, 1)",
    )
    statements = {name: definition(sqlite, name) for name in ("simples", "de expressão", "depois")}
    run(sqlite, widened)
    assert {name: definition(sqlite, name) for name in statements} == statements
    assert columns(sqlite, "t") == {
        "id": ("INTEGER", False, None, True),
        'cor: %s "?"': ("tipo (1)", False, "'%(a)s'", False),
        "Order": ("INT", False, None, False),
        "u": ("INTEGER", False, None, False),
        "nova": ("INTEGER", False, None, False),
    }
    assert foreign_keys(sqlite, "t") == {("u", "u", None, "CASCADE")}
    assert "CONSTRAINT par UNIQUE" in definition(sqlite, "t")
    assert "COLLATE NOCASE" in definition(sqlite, "t")
    with pytest.raises(sa.exc.IntegrityError, match="CHECK"):
        make(sqlite, 'INSERT INTO t ("Order") VALUES (0)')
    # The rebuild itself fired no trigger.
    make(sqlite, 'INSERT INTO t (id, "Order") VALUES (2, 1)')
    assert rows(sqlite, "SELECT de FROM log") == [("t: 1",), ("t: 2",)]


def test_keys_and_views_of_others_go_on_meaning_the_table(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, acima INTEGER REFERENCES t (id))",
        "CREATE TABLE filha (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t (id))",
        "CREATE VIEW vista AS SELECT x FROM t JOIN filha ON filha.t_id = t.id",
        "CREATE TRIGGER de_filha AFTER INSERT ON filha BEGIN UPDATE t SET x = 'visto' WHERE id = NEW.t_id; END",
        "INSERT INTO t VALUES (1, 'a', NULL)",
    )
    texts = {name: definition(sqlite, name) for name in ("filha", "vista", "de_filha")}
    run(sqlite, widened)
    assert {name: definition(sqlite, name) for name in texts} == texts
    assert foreign_keys(sqlite, "t") == {("acima", "t", "id", "NO ACTION")}
    make(sqlite, "INSERT INTO filha VALUES (1, 1)")
    assert rows(sqlite, "SELECT * FROM vista") == [("visto",)]
    assert names(sqlite) == {"t", "filha"}


def test_a_broken_view_is_in_nobody_s_way(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "CREATE VIEW ruim AS SELECT * FROM nada")
    run(sqlite, widened)
    assert "nova" in columns(sqlite, "t")
    assert definition(sqlite, "ruim") == "CREATE VIEW ruim AS SELECT * FROM nada"


def test_an_index_on_a_column_that_goes_goes_with_it(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, fora TEXT, x TEXT)",
        "CREATE INDEX fora_dela ON t (x)",
        "CREATE INDEX parcial ON t (x) WHERE fora IS NULL",
    )

    def narrowed(connection: sa.Connection) -> None:
        live = read_table(connection, "t")
        assert live is not None
        rebuild(connection, live, live.without("fora"))

    run(sqlite, narrowed)
    assert names(sqlite, "index") == {"fora_dela"}


def test_autoincrement_counts_on_from_where_it_was(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT)",
        "INSERT INTO t VALUES (41, 'a')",
        "DELETE FROM t",
    )
    run(sqlite, widened)
    make(sqlite, "INSERT INTO t (x) VALUES ('b')")
    assert scalar(sqlite, "SELECT id FROM t") == 42
    assert rows(sqlite, "SELECT name, seq FROM sqlite_sequence") == [("t", 42)]


def test_options_and_generated_columns_stay(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (a TEXT, b INT, c INT AS (b * 2) STORED, PRIMARY KEY (a)) WITHOUT ROWID",
        "INSERT INTO t (a, b) VALUES ('x', 4)",
    )
    run(sqlite, widened)
    assert definition(sqlite, "t").endswith("WITHOUT ROWID")
    assert rows(sqlite, "SELECT * FROM t") == [("x", 4, 8, None)]


def test_values_are_converted_on_the_way(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)", "INSERT INTO t VALUES (1, 'a'), (2, '5')")

    def converted(connection: sa.Connection) -> None:
        live = read_table(connection, "t")
        assert live is not None
        target = live.replacing("x", Column("X", "INTEGER")).adding(Column("y", "TEXT", "'z'"))
        rebuild(connection, live, target, {"X": "nullif(x, 'a')"})

    run(sqlite, converted)
    assert rows(sqlite, 'SELECT id, "X", y FROM t') == [(1, None, "z"), (2, 5, "z")]


def test_a_name_that_is_taken_is_no_obstacle(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "CREATE TABLE rebuilding_t (a INT)",
        "INSERT INTO t VALUES (1)",
    )
    run(sqlite, widened)
    assert names(sqlite) == {"t", "rebuilding_t"}
    assert list(columns(sqlite, "rebuilding_t")) == ["a"]


def test_a_table_without_rows_is_made_again_without_a_rename(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "CREATE INDEX por_x ON t (x)",
        "CREATE TABLE filha (t_id INTEGER REFERENCES t)",
    )
    said: list[str] = []
    sa.event.listen(sqlite, "before_cursor_execute", lambda *given: said.append(given[2]))
    run(sqlite, widened)
    assert not [statement for statement in said if "RENAME" in statement]
    assert list(columns(sqlite, "t")) == ["id", "x", "nova"]
    assert definition(sqlite, "por_x") == "CREATE INDEX por_x ON t (x)"
    assert foreign_keys(sqlite, "filha") == {("t_id", "t", None, "NO ACTION")}


def test_an_emptied_table_counts_on_above_the_ids_it_had(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT)",
        "INSERT INTO t VALUES (7, 'a')",
        "DELETE FROM t",
    )
    run(sqlite, widened)
    make(sqlite, "INSERT INTO t (x) VALUES ('b')")
    assert rows(sqlite, "SELECT id FROM t") == [(8,)]


def test_enforced_foreign_keys_would_delete_rows_and_stop_it(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "CREATE TABLE filha (t_id INTEGER REFERENCES t ON DELETE CASCADE)",
        "INSERT INTO t VALUES (1)",
        "INSERT INTO filha VALUES (1)",
    )
    with sqlite.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        with pytest.raises(RuntimeError, match="foreign_keys must be OFF"):
            widened(connection)
    assert rows(sqlite, "SELECT * FROM filha") == [(1,)]


def test_a_row_that_breaks_a_constraint_undoes_everything(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)", "INSERT INTO t VALUES (1, NULL)")
    before = whole(sqlite)

    def tightened(connection: sa.Connection) -> None:
        live = read_table(connection, "t")
        assert live is not None
        rebuild(connection, live, live.replacing("x", Column("x", "TEXT", not_null="NOT NULL")))

    with pytest.raises(sa.exc.IntegrityError):
        run(sqlite, tightened)
    assert whole(sqlite) == before


def test_a_rename_is_followed_by_everything_that_says_the_name(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)",
        "CREATE TABLE filha (t_id INTEGER REFERENCES t (id))",
        "CREATE VIEW vista AS SELECT x FROM t",
        "CREATE TRIGGER de_filha AFTER INSERT ON filha BEGIN UPDATE t SET x = 'visto'; END",
        "CREATE VIEW ruim AS SELECT * FROM nada",
        "CREATE TRIGGER na_ruim INSTEAD OF INSERT ON ruim BEGIN SELECT 1; END",
        "CREATE TRIGGER ruim_tambem AFTER DELETE ON filha BEGIN DELETE FROM nada; END",
        "INSERT INTO t VALUES (1, 'a')",
    )
    broken = {name: definition(sqlite, name) for name in ("ruim", "na_ruim", "ruim_tambem")}
    run(sqlite, lambda connection: alter(connection, "ALTER TABLE t RENAME TO outra"))
    run(sqlite, lambda connection: alter(connection, "ALTER TABLE outra RENAME COLUMN x TO y"))
    assert {name: definition(sqlite, name) for name in broken} == broken
    assert foreign_keys(sqlite, "filha") == {("t_id", "outra", "id", "NO ACTION")}
    make(sqlite, "INSERT INTO filha VALUES (1)")
    assert rows(sqlite, "SELECT * FROM vista") == [("visto",)]


def test_a_rename_that_cannot_be_is_an_error(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY)", "CREATE TABLE outra (id INTEGER PRIMARY KEY)")
    with pytest.raises(sa.exc.OperationalError, match="already another table"):
        run(sqlite, lambda connection: alter(connection, "ALTER TABLE t RENAME TO outra"))


def test_the_setting_for_renames_is_as_it_was(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY)")
    with sqlite.begin() as connection:
        for setting in (0, 1):
            connection.exec_driver_sql(f"PRAGMA legacy_alter_table = {setting}")
            widened(connection) if setting else alter(connection, "ALTER TABLE t RENAME TO t2")
            assert connection.exec_driver_sql("PRAGMA legacy_alter_table").scalar() == setting
            if not setting:
                alter(connection, "ALTER TABLE t2 RENAME TO t")


def test_two_tables_that_differ_in_spelling_only_mean_the_same() -> None:
    one = Table("T", (Column("a", "varchar( 20 )", "NULL"),))
    other = Table("t", (Column("a", "VARCHAR(20)"),))
    assert one.meaning == other.meaning
    assert dataclasses.replace(one, options="STRICT").meaning != other.meaning
