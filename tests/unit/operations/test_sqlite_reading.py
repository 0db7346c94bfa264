"""Reading a CREATE TABLE and writing it again: what SQLite says of the two must be the same."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from homecoming.errors import Refused
from homecoming.operations.sqlite.live import read_table
from homecoming.operations.sqlite.reading import UnreadableError, read
from homecoming.operations.sqlite.table import CHECK, FOREIGN_KEY, PRIMARY_KEY, UNIQUE
from tests.support import advice
from tests.unit.operations.sqlite_file import make, run

STATEMENTS = [
    "CREATE TABLE t (id INTEGER PRIMARY KEY)",
    "CREATE TABLE t (id INTEGER NOT NULL, nome VARCHAR(255) NOT NULL, PRIMARY KEY (id), UNIQUE (nome))",
    "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x)",
    "CREATE TABLE t (id INTEGER, PRIMARY KEY (id AUTOINCREMENT))",
    "CREATE TABLE t (a INT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "CREATE TABLE t (a, b UNIQUE ON CONFLICT REPLACE NOT NULL ON CONFLICT IGNORE, PRIMARY KEY (a) ON CONFLICT FAIL)",
    "CREATE TABLE t (id INTEGER PRIMARY KEY, p DECIMAL(10,2) DEFAULT -1.5, q DOUBLE PRECISION DEFAULT +2)",
    "CREATE TABLE t (a TEXT DEFAULT 'x, y) --', b TEXT DEFAULT CURRENT_TIMESTAMP, c DEFAULT (1 + (2)), d DEFAULT NULL)",
    "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT CONSTRAINT b_check CHECK (b IN ('x', \"y\")) NULL, CHECK (a <> b))",
    "CREATE TABLE t (a INTEGER REFERENCES u, b INTEGER REFERENCES u (x) ON DELETE SET NULL ON UPDATE CASCADE NOT NULL)",
    "CREATE TABLE t (a, b, FOREIGN KEY (a, b) REFERENCES u (x, y) ON DELETE NO ACTION MATCH FULL, UNIQUE (b, a))",
    "CREATE TABLE t (a REFERENCES u (x) DEFERRABLE INITIALLY DEFERRED, b REFERENCES u NOT DEFERRABLE NOT NULL)",
    "CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a * 2) STORED, c AS (a + 1) VIRTUAL)",
    'CREATE TABLE t ("tem espaço" "tipo estranho"(3), [order] TEXT, `a``b` BLOB, "c""d" UNSIGNED BIG INT, é€ INT)',
    "CREATE TABLE t (a /* first, */ INT, -- second (\n b TEXT)",
    "CREATE TABLE t (a INT, b INT, UNIQUE (a) CHECK (b > 0) UNIQUE (b COLLATE NOCASE))",
    "CREATE TABLE t (generated TEXT, always INT, 'in quotes' TEXT, key TEXT, action INT CONSTRAINT nada)",
]


def facts(statement: str) -> dict[str, Any]:
    """What SQLite's own reading of a statement gives."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute(statement)

        def ask(query: str) -> list[Any]:
            return sorted(connection.execute(query).fetchall(), key=repr)

        return {
            "columns": ask("SELECT * FROM pragma_table_xinfo('t')"),
            "keys": ask(
                'SELECT l."unique", l.origin, i.seqno, i.name, i."desc", i.coll '
                "FROM pragma_index_list('t') l, pragma_index_xinfo(l.name) i"
            ),
            "foreign keys": ask(
                'SELECT seq, "table", "from", "to", on_update, on_delete, "match" FROM pragma_foreign_key_list(\'t\')'
            ),
            "sequence": ask("SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'"),
        }
    finally:
        connection.close()


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_table_written_again_is_the_same_table(statement: str) -> None:
    written = read(statement).statement()
    assert facts(written) == facts(statement)
    assert read(written).meaning == read(statement).meaning


def test_what_pragmas_keep_quiet_about_is_read() -> None:
    table = read(
        "CREATE TABLE t (id INTEGER CONSTRAINT chave PRIMARY KEY, a TEXT COLLATE NOCASE CHECK (length(a) > b), b INT, "
        "CONSTRAINT um UNIQUE (a, b), CONSTRAINT fora FOREIGN KEY(b) REFERENCES u (x) ON DELETE CASCADE)"
    )
    assert [(c.kind, c.columns, c.name) for c in table.constraints] == [
        (PRIMARY_KEY, ("id",), "chave"),
        (CHECK, ("a", "b"), ""),
        (UNIQUE, ("a", "b"), "um"),
        (FOREIGN_KEY, ("b",), "fora"),
    ]
    (fora,) = table.of_kind(FOREIGN_KEY)
    assert (fora.target, fora.target_columns, fora.actions) == ("u", ("x",), "ON DELETE CASCADE")
    a = table.column("A")
    assert a is not None
    assert a.rest == ("COLLATE NOCASE",)


def test_constraints_are_known_by_the_names_postgresql_gives() -> None:
    table = read("CREATE TABLE t (a INT UNIQUE REFERENCES u (id), b INT CHECK (b > 0), CONSTRAINT meu UNIQUE (a, b))")
    assert [c.known_as("t") for c in table.constraints] == ["t_a_key", "t_a_fkey", "t_b_check", "meu"]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE TABLE t (a INT",
        "CREATE TABLE t (a INT WHATEVER (1) (2))",
        "SELECT 1",
    ],
)
def test_what_is_not_understood_is_said(statement: str) -> None:
    with pytest.raises(UnreadableError):
        read(statement)


def test_a_table_that_cannot_be_read_is_refused(sqlite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make(sqlite, "CREATE TABLE t (a INT, b INT)")
    short = read("CREATE TABLE t (a INT)")
    monkeypatch.setattr("homecoming.operations.sqlite.reading.read", lambda _sql: short)
    with pytest.raises(Refused) as caught:
        run(sqlite, lambda connection: read_table(connection, "t"))
    assert caught.value.what == "t: the definition of this table cannot be read"
    assert caught.value.todo == "Simplify it, then run again. See it: SELECT sql FROM sqlite_master WHERE name = 't'"
    advice.try_out(sqlite, caught.value.todo)
