"""SQLite's own text, read as tokens: what looks different and is the same, what looks the same and is not."""

import pytest

from homecoming.catalog import sqlite_text

CREATE = """
CREATE TABLE "produtos" ( -- the menu, as sold
    id INTEGER NOT NULL, [check] TEXT CHECK ([check] <> 'a,b)'), "nome" VARCHAR(255) COLLATE NOCASE,
    preco NUMERIC(10, 2) /* in reais, never (negative) */ CONSTRAINT positive CHECK (preco > (0)),
    PRIMARY KEY (id), CONSTRAINT both CHECK ((preco > 1) OR nome = 'it''s'), FOREIGN KEY(id) REFERENCES x (id)
) WITHOUT ROWID"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SELECT  a ,b", "select A,\n\tB"),
        ('"usuarios" . [tipo]', "usuarios.`tipo`"),
        ("x -- a comment\n+ 1", "X/* another */+1"),
        ('"a""b"', '`a"b`'),
    ],
)
def test_spellings_of_one_thing(one: str, other: str) -> None:
    assert sqlite_text.joined(sqlite_text.tokens(one)) == sqlite_text.joined(sqlite_text.tokens(other))


@pytest.mark.parametrize(("one", "other"), [("'A'", "'a'"), ("a <= b", "a < b"), ("'it''s'", "'its'"), ("1.0", "10")])
def test_different_things(one: str, other: str) -> None:
    assert sqlite_text.tokens(one) != sqlite_text.tokens(other)


def test_items_are_split_only_between_columns_and_constraints() -> None:
    columns = [sqlite_text.column_of(item) for item in sqlite_text.table_items(CREATE)]
    assert columns == ["id", "check", "nome", "preco", "", "", ""]


def test_checks_of_columns_and_of_the_table() -> None:
    found = [check for item in sqlite_text.table_items(CREATE) for check in sqlite_text.checks(item)]
    assert found == ["(check <> 'a,b)')", "(preco > (0))", "((preco > 1) or nome = 'it''s')"]


def test_collation() -> None:
    assert [sqlite_text.collation(item) for item in sqlite_text.table_items(CREATE)[:3]] == ["", "", "NOCASE"]


@pytest.mark.parametrize(
    ("sql", "options"),
    [
        (CREATE, ["WITHOUT ROWID"]),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)", ["AUTOINCREMENT"]),
        ("CREATE TABLE t (a TEXT UNIQUE ON CONFLICT REPLACE, b TEXT) STRICT", ["STRICT", "ON CONFLICT REPLACE"]),
        ("CREATE TABLE t (a REFERENCES x DEFERRABLE INITIALLY DEFERRED)", ["INITIALLY DEFERRED"]),
        ("CREATE TABLE t (\"strict\" TEXT, a TEXT DEFAULT 'strict')", []),
    ],
)
def test_options(sql: str, options: list[str]) -> None:
    assert sqlite_text.options(sql) == options


def test_an_unfinished_statement_ends() -> None:
    """A damaged file must be reported, not looped over."""
    assert sqlite_text.table_items("CREATE TABLE t (a CHECK (b") == [["a", "check", "(", "b"]]
    assert list(sqlite_text.checks(sqlite_text.tokens("a CHECK (b"))) == ["(b"]
