"""Files with what only the application registers with its connections: functions, collations, modules, tokenizers."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.conftest import engine_of
from tests.support import lineage
from tests.support.refused import here

INDEXES = {
    "function": "CREATE INDEX ix_produtos_sem_acento ON produtos (unaccent(nome))",
    "collation": "CREATE INDEX ix_produtos_sem_acento ON produtos (nome COLLATE PTBR)",
    "condition": "CREATE INDEX ix_produtos_sem_acento ON produtos (nome) WHERE unaccent(nome) <> ''",
    "unique": "CREATE UNIQUE INDEX ix_produtos_sem_acento ON produtos (unaccent(nome), id)",
}
UNKNOWN = {
    "collation": "CREATE TABLE alheia (id INTEGER PRIMARY KEY, nome TEXT COLLATE PTBR UNIQUE)",
    "check": "CREATE TABLE alheia (id INTEGER PRIMARY KEY, nome TEXT CHECK (unaccent(nome) <> ''))",
    "computed": "CREATE TABLE alheia (id INTEGER PRIMARY KEY, nome TEXT, s TEXT AS (unaccent(nome)) STORED)",
    "reference": "CREATE TABLE alheia (nome TEXT COLLATE PTBR, produto_id INTEGER REFERENCES produtos (id))",
    "index": "CREATE TABLE alheia (nome TEXT); CREATE INDEX ix_alheia ON alheia (nome COLLATE PTBR, unaccent(nome))",
    "view": "CREATE VIEW alheia AS SELECT unaccent(nome) AS nome FROM produtos",
    "trigger": "CREATE TABLE alheia (nome TEXT); CREATE TRIGGER sem_acento AFTER UPDATE ON alheia "
    "BEGIN UPDATE alheia SET nome = unaccent(nome); END",
}
MODULES = {
    "module": "CREATE VIRTUAL TABLE vec_produtos USING vec0(embedding float[3])",
    "tokenizer": "CREATE VIRTUAL TABLE vec_produtos USING fts5(nome, tokenize = ptbr)",
}
LOOKS = (("status",), ("verify",), ("health",), ("metrics",), ("doctor",), ("repair", "--plan"), ("upgrade", "--plan"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "eventos.db"
    lineage.build(engine_of(f"sqlite:///{path}"), 18, rows=3)
    return path


def application(file: Path) -> sqlite3.Connection:
    """Return a connection as the application has it."""
    connection = sqlite3.connect(file)
    connection.create_function("unaccent", 1, lambda text: text, deterministic=True)
    connection.create_collation("PTBR", lambda a, b: (a > b) - (a < b))
    return connection


def do(file: Path, script: str) -> None:
    with application(file) as connection:
        connection.executescript(script)
    connection.close()


def definitions(file: Path, name: str) -> list[str]:
    connection = sqlite3.connect(file)
    found = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name = ?", (name,)) if sql]
    connection.close()
    return found


def assert_home_and_back(file: Path) -> None:
    for arguments in (("upgrade", "--plan"), ("upgrade",), ("verify",), ("repair", "--plan"), ("downgrade", "base")):
        ended = here(f"sqlite:///{file}", *arguments)
        assert (arguments, ended.code) == (arguments, 0), ended.err
    assert here(f"sqlite:///{file}", "upgrade").code == 0


@pytest.mark.parametrize("needs", INDEXES)
def test_an_index_of_a_known_table(file: Path, needs: str) -> None:
    """No row can be changed under it: it is set aside with its definition, which stays kept, since nobody here can."""
    do(file, INDEXES[needs])
    assert_home_and_back(file)
    assert here(f"sqlite:///{file}", "downgrade", "base").code == 0
    kept = "SELECT definition FROM retired_register WHERE object = 'produtos.ix_produtos_sem_acento'"
    connection = application(file)
    ((definition,),) = connection.execute(kept).fetchall()
    assert definition == INDEXES[needs]
    connection.execute(definition)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.parametrize("made_of", UNKNOWN)
def test_a_table_nobody_knows_is_left_alone(file: Path, made_of: str) -> None:
    do(file, UNKNOWN[made_of])
    if made_of != "view":
        do(file, "INSERT INTO alheia (nome) VALUES ('ação'), ('b')")
    before = definitions(file, "alheia")
    assert_home_and_back(file)
    assert definitions(file, "alheia") == before
    connection = application(file)
    assert connection.execute("SELECT count(*) FROM alheia").fetchone()[0] >= 2
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.parametrize("needs", MODULES)
def test_a_virtual_table_of_a_module_that_is_not_loaded(file: Path, needs: str) -> None:
    connection = application(file)
    connection.execute("PRAGMA writable_schema = ON")
    entry = "INSERT INTO sqlite_master VALUES ('table', 'vec_produtos', 'vec_produtos', 0, ?)"
    connection.execute(entry, (MODULES[needs],))
    connection.commit()
    connection.close()
    for look in ("status", "doctor"):
        assert here(f"sqlite:///{file}", look).code == 0
    assert_home_and_back(file)
    for arguments in (*LOOKS[:3], *LOOKS[4:]):
        ended = here(f"sqlite:///{file}", *arguments)
        assert (arguments, ended.code) == (arguments, 0), ended.out + ended.err
    assert definitions(file, "vec_produtos") == [MODULES[needs]]


@pytest.mark.parametrize(
    ("column", "needs"),
    [
        ("apelido TEXT CHECK (unaccent(apelido) <> '')", "the function unaccent"),
        ("busca TEXT AS (unaccent(nome))", "the function unaccent"),
        ("apelido TEXT COLLATE PTBR REFERENCES usuarios (nome)", ""),
    ],
)
def test_a_known_table_whose_definition_needs_it(file: Path, column: str, needs: str) -> None:
    do(file, f"ALTER TABLE produtos ADD COLUMN {column}")
    before = file.read_bytes()
    for arguments in (("upgrade", "--plan"), ("upgrade",)):
        ended = here(f"sqlite:///{file}", *arguments)
        if not needs:
            assert ended.code in (0, 4), ended.err
            continue
        assert (ended.code, ended.err) == (
            4,
            (
                f"Error: produtos: a CHECK, a collation or a computed column of it needs {needs},"
                " which only the application's own connections have\n"
                "Next: Where it has that, take it out of the table's definition, then run again."
                " See it: SELECT sql FROM sqlite_master WHERE name = 'produtos'\n"
            ),
        )
        assert file.read_bytes() == before


def test_a_damaged_page_is_found_all_the_same(file: Path) -> None:
    """Where one table cannot be checked, the others are."""
    do(
        file,
        f"{UNKNOWN['check']}; CREATE TABLE outra (x); INSERT INTO outra VALUES (zeroblob(50000))",
    )
    with file.open("r+b") as opened:
        opened.seek(-8192, 2)
        opened.write(b"\xff" * 4)
    ended = here(f"sqlite:///{file}", "upgrade")
    assert (ended.code, ended.err.splitlines()[0]) == (4, "Error: the file is damaged, or is no SQLite database")
