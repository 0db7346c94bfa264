"""SQL text: tokens, names, and when two spellings say the same."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homecoming.operations.sqlite.text import (
    index_body,
    index_renamed,
    key,
    literal,
    meaning,
    mentions,
    quote,
    tokens,
)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("usuarios", "usuarios"),
        ("order", '"order"'),
        ("Nome", '"Nome"'),
        ("tem espaço", '"tem espaço"'),
        ('aspas"', '"aspas"""'),
        ("100%", '"100%"'),
        ("a:b", '"a:b"'),
        ("", '""'),
    ],
)
def test_names_are_quoted_only_where_they_must_be(name: str, spelled: str) -> None:
    assert quote(name) == spelled


# SQLite keeps NUL and what is no text out of its statements.
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1)


@given(name=NAMES, value=NAMES)
def test_sqlite_reads_a_quoted_name_and_a_literal_as_they_were_meant(name: str, value: str) -> None:
    connection = sqlite3.connect(":memory:")
    try:
        cursor = connection.execute(f"SELECT {literal(value)} AS {quote(name)}")
        assert cursor.description[0][0] == name
        assert cursor.fetchone() == (value,)
    finally:
        connection.close()


def test_tokens_are_found_in_quotes_comments_and_literals() -> None:
    sql = """CREATE TABLE "a ""b" ([c d] TEXT DEFAULT 'it''s -- no comment', `e` /* , */ BLOB DEFAULT x'00') -- f"""
    assert [token.name for token in tokens(sql)] == [
        "CREATE", "TABLE", 'a "b', "(", "c d", "TEXT", "DEFAULT", "it's -- no comment", ",",
        "e", "BLOB", "DEFAULT", "'00", ")",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("VARCHAR(20)", "varchar ( 20 )"),
        ("NUMERIC(10, 2)", "Numeric(10,2)"),
        ('"usuarios"', "usuarios"),
        ("a/* why */>1", "[A] > 1 -- why"),
    ],
)
def test_spellings_of_one_thing(one: str, other: str) -> None:
    assert meaning(one) == meaning(other)


@pytest.mark.parametrize(
    ("one", "other"), [("NUMERIC(10, 2)", "DECIMAL(10, 2)"), ("VARCHAR(20)", "VARCHAR(2)"), ("'a'", "'A'"), ("É", "é")]
)
def test_spellings_of_two_things(one: str, other: str) -> None:
    assert meaning(one) != meaning(other)


def test_only_ascii_letters_lose_their_case() -> None:
    assert key("AÇÃO") == "aÇÃo"


def test_a_name_in_a_literal_is_not_mentioned() -> None:
    assert mentions('CHECK ("TIPO" IS NOT NULL)', "tipo")
    assert not mentions("CHECK (nome <> 'tipo')", "tipo")
    assert not mentions("CHECK (tipo_usuario <> '')", "tipo")


def test_an_index_is_renamed_and_nothing_else() -> None:
    statement = "CREATE UNIQUE INDEX \"ix(a)\" ON t (a) WHERE a <> 'ix(a)'"
    assert index_renamed(statement, "ix_b") == "CREATE UNIQUE INDEX ix_b ON t (a) WHERE a <> 'ix(a)'"
    assert index_body(statement) == "(a) WHERE a <> 'ix(a)'"
