"""Indexes that claim to be unique while their table holds duplicates: refused with the rest, before a change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from tests.support import history, lineage, whole

ROWS = 12


def do(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(engine: sa.Engine, query: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def lie(engine: sa.Engine, index: str, *statements: str) -> None:
    """Let rows in that a unique index would refuse, as a damaged catalogue or a changed collation does."""
    if engine.dialect.name == "postgresql":
        off = f"UPDATE pg_index SET indisready = false WHERE indexrelid = '{index}'::regclass"
        do(engine, off, *statements, off.replace("false", "true"))
        return
    (says,) = rows(engine, f"SELECT sql FROM sqlite_master WHERE name = '{index}'")
    for unique, changes in (("", statements), ("UNIQUE ", ())):
        made = str(says[0]).replace("UNIQUE ", unique).replace("'", "''")
        with engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            for statement in (
                "PRAGMA writable_schema = ON",
                f"UPDATE sqlite_master SET sql = '{made}' WHERE name = '{index}'",
                "PRAGMA writable_schema = RESET",
            ):
                raw.execute(statement)
        do(engine, *changes)


def refused(engine: sa.Engine) -> Refused:
    before = whole.of(engine, None) if engine.dialect.name == "sqlite" else None
    with pytest.raises(Refused) as caught:
        history.upgrade(engine)
    if before is not None:
        assert whole.of(engine, None) == before
    return caught.value


def seen(engine: sa.Engine, todo: str) -> list[tuple[object, ...]]:
    return rows(engine, todo.rpartition("See them: ")[2])


def prefix(engine: sa.Engine) -> str:
    return "INDEX public." if engine.dialect.name == "postgresql" else ""


@pytest.mark.parametrize("state", [18, 22, 27])
def test_duplicates_are_named_with_their_index_and_their_rows(database: sa.Engine, state: int) -> None:
    lineage.build(database, state, rows=ROWS)
    lie(database, "ix_usuarios_cpf", "UPDATE usuarios SET cpf = '1' WHERE id IN (2, 5, 6)")
    found = refused(database)
    assert found.what == (
        "usuarios.cpf: 3 rows hold values that occur more than once under ix_usuarios_cpf, a unique index"
    )
    assert found.todo.startswith(f"Correct them, REINDEX {prefix(database)}ix_usuarios_cpf, then run again. See them: ")
    assert [row[1] for row in seen(database, found.todo)] == ["1", "1", "1"]
    do(database, "UPDATE usuarios SET cpf = 'u' || id", f"REINDEX {prefix(database)}ix_usuarios_cpf")
    history.upgrade(database)


def test_no_index_is_asked_where_the_planner_would(postgres: sa.Engine) -> None:
    """A small table is read as it lies anyway: here every read would take the index that lacks the rows."""
    lineage.build(postgres, 22, rows=ROWS)
    lie(postgres, "ix_usuarios_cpf", "UPDATE usuarios SET cpf = '1' WHERE id IN (2, 5, 6)")
    do(postgres, f'ALTER DATABASE "{postgres.url.database}" SET enable_seqscan = off')
    assert refused(postgres).what.startswith("usuarios.cpf: 3 rows hold values that occur more than once under")


def test_all_that_refuses_is_said_at_once(database: sa.Engine) -> None:
    """Two indexes, one of them a person's own over an expression and a condition, and another table's duplicates."""
    facts = lineage.load(18)
    facts["tables"]["transacoes"]["unique"].clear()
    lineage.metadata(facts).create_all(database)
    lineage.seed(database, ROWS, lineage.enum_labels(facts))
    do(
        database,
        "UPDATE transacoes SET codigo_transacao = 'T' WHERE id < 3",
        "UPDATE usuarios SET nome = 'M', telefone = id WHERE id < 4",
        "CREATE UNIQUE INDEX so_um ON usuarios (lower(telefone), nome DESC) WHERE nome = 'M' OR nome = 'N'",
    )
    lie(database, "ix_usuarios_cpf", "UPDATE usuarios SET cpf = '1' WHERE id IN (2, 5)")
    lie(
        database,
        "so_um",
        "UPDATE usuarios SET telefone = 'UM' WHERE id = 1",
        "UPDATE usuarios SET telefone = 'um' WHERE id IN (2, 8, 9)",
    )
    found = refused(database)
    what = found.what.replace("telefone::text", "telefone").splitlines()
    assert what == [
        "1. usuarios.cpf: 2 rows hold values that occur more than once under ix_usuarios_cpf, a unique index",
        "2. usuarios.lower(telefone), nome: 2 rows hold values that occur more than once under so_um, a unique index",
        "3. transacoes.codigo_transacao: 1 value occurs more than once where they must be unique",
    ]
    second = found.todo.splitlines()[1]
    assert "SELECT 1" not in second
    assert [row[1:3] for row in seen(database, second)] == [("um", "M"), ("um", "M")]


def test_a_primary_key_that_others_refer_to(postgres: sa.Engine) -> None:
    lineage.build(postgres, 22, rows=ROWS)
    copied = "INSERT INTO eventos SELECT * FROM eventos WHERE id = 1"
    lie(postgres, "eventos_pkey", copied)
    found = refused(postgres)
    assert found.what == "eventos.id: 2 rows hold values that occur more than once under eventos_pkey, a unique index"
    (one, other) = seen(postgres, found.todo)
    do(postgres, f"DELETE FROM eventos WHERE ctid = '{max(str(one[0]), str(other[0]), key=len)}'")
    do(postgres, "REINDEX INDEX eventos_pkey")
    history.upgrade(postgres)


def test_a_constraint_of_a_file(sqlite: sa.Engine) -> None:
    """What a UNIQUE of CREATE TABLE made goes with that: the index has no statement of its own."""
    lineage.build(sqlite, 22, rows=ROWS)
    do(
        sqlite,
        "CREATE TABLE n (id INTEGER PRIMARY KEY, serie TEXT, numero TEXT COLLATE NOCASE)",
        "CREATE INDEX i ON n (serie, numero)",
        "INSERT INTO n VALUES (1, 'A', 'x'), (2, 'A', 'X'), (3, 'A', NULL), (4, 'A', NULL), (5, 'B', 'x')",
    )
    with sqlite.connect() as connection:
        raw = connection.connection.dbapi_connection
        assert raw is not None
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute(
            "UPDATE sqlite_master SET sql = replace(sql, 'NOCASE)', 'NOCASE, UNIQUE (serie, numero))') WHERE name = 'n'"
        )
        raw.execute("UPDATE sqlite_master SET sql = NULL, name = 'sqlite_autoindex_n_1' WHERE name = 'i'")
        raw.execute("PRAGMA writable_schema = RESET")
    found = refused(sqlite)
    assert found.what == (
        "n.serie, numero: 2 rows hold values that occur more than once under sqlite_autoindex_n_1, a unique index"
    )
    assert found.todo.startswith("Correct them, REINDEX n, then run again. ")
    assert [row[0] for row in seen(sqlite, found.todo)] == [1, 2]


def test_the_way_back_is_not_looked_at(database: sa.Engine) -> None:
    lineage.build(database, 22, rows=ROWS)
    history.upgrade(database)
    lie(database, "ix_usuarios_cpf", "UPDATE usuarios SET cpf = '1' WHERE id IN (2, 5)")
    history.downgrade(database, "0021")
