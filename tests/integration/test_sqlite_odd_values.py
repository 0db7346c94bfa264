"""Values of another kind than their column's type: kept, given back as they were, seen by verify, none refused."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.conftest import engine_of
from tests.support import history, lineage
from tests.support.refused import here

ODD = """
    destaque = 'f', preco_custo = '10,50', volume = x'00FF', validade_dias = 1.5, marca = x'C3A7', ncm = '1234567890',
    promocional = 2, icms = 'doze', observacoes = 'a' || char(0) || 'b', fornecedor = CAST(x'FF41' AS TEXT), ipi = 1e300
"""
NAMES = [part.split("=")[0].strip() for part in ODD.replace("\n", " ").split(",") if "=" in part]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "eventos.db"
    lineage.build(engine_of(f"sqlite:///{path}"), 18, rows=3)
    return path


def do(file: Path, *statements: str) -> None:
    with sqlite3.connect(file) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def cells(file: Path, table: str, *names: str) -> list[tuple[object, ...]]:
    shown = ", ".join(f"typeof({name}), hex(CAST({name} AS BLOB)), quote({name})" for name in names)
    connection = sqlite3.connect(file)
    # One of them is no text that Python can read.
    connection.text_factory = bytes
    found = connection.execute(f"SELECT {shown} FROM {table} ORDER BY id").fetchall()
    connection.close()
    return found


@pytest.mark.parametrize("back", ["0016", "base"])
def test_they_go_back_as_they_were(file: Path, back: str) -> None:
    do(file, f"UPDATE produtos SET {ODD} WHERE id = 1", "UPDATE produtos SET destaque = 'f' WHERE id = 2")
    before = cells(file, "produtos", *NAMES)
    assert here(f"sqlite:///{file}", "upgrade").code == 0
    for place in (back, "0016"):
        # Below the revision that brought the columns they are retired again.
        ended = here(f"sqlite:///{file}", "downgrade", place)
        assert (ended.code, ended.err) == (0, "")
        if place == "0016":
            assert cells(file, "produtos", *NAMES) == before
        assert here(f"sqlite:///{file}", "upgrade").code == 0


def test_they_go_back_to_a_column_of_the_type_they_were_in(file: Path) -> None:
    """A script had made it anew as TEXT: in a BOOLEAN the text 1 would become the number."""
    do(
        file,
        "ALTER TABLE produtos RENAME COLUMN destaque TO destaque_antigo",
        "ALTER TABLE produtos ADD COLUMN destaque TEXT",
        "UPDATE produtos SET destaque = '1'",
    )
    before = cells(file, "produtos", "destaque")
    history.upgrade(engine_of(f"sqlite:///{file}"))
    assert here(f"sqlite:///{file}", "downgrade", "0016").code == 0
    assert cells(file, "produtos", "destaque") == before


def test_verify_and_health_find_them_and_an_upgrade_goes_by(file: Path) -> None:
    """Whether somebody can do without the row is not for a run to say: it warns, and judges its own work alone."""
    do(
        file,
        "UPDATE usuarios SET ativo = 't' WHERE id = 2",
        "UPDATE eventos SET data_evento = 1718000000",
        "UPDATE produtos SET preco = '10,50' WHERE id = 1",
        "UPDATE empresas SET nome = CAST(x'FF41' AS TEXT) WHERE id = 3",
    )
    ended = here(f"sqlite:///{file}", "upgrade")
    assert ended.code == 0, ended.err
    assert "Not loadable: usuarios.ativo, 1 row with a value that cannot be loaded." in ended.out
    ended = here(f"sqlite:///{file}", "verify")
    assert (ended.code, ended.err.splitlines()[0]) == (1, "Drifted: 4 differences")
    for line in (
        "FAIL  rows usuarios.ativo: ",
        "found:    1 row with a value that cannot be loaded",
        "SELECT id, typeof(ativo), ativo FROM usuarios WHERE typeof(ativo) NOT IN ('null', 'integer')",
        "SELECT id, typeof(data_evento), data_evento FROM eventos WHERE id IN (1, 2, 3)",
        "SELECT id, typeof(nome), nome FROM empresas WHERE id IN (3)",
    ):
        assert line in ended.out
    health = here(f"sqlite:///{file}", "health")
    assert health.code == 1
    assert "differences from the schema: 4 (rows empresas.nome, rows eventos.data_evento, " in health.out
    repaired = here(f"sqlite:///{file}", "repair")
    assert (repaired.code, cells(file, "usuarios", "ativo")[1][0]) == (1, b"text")
    do(
        file,
        "UPDATE usuarios SET ativo = 1 WHERE id = 2",
        "UPDATE eventos SET data_evento = datetime(data_evento, 'unixepoch')",
        "UPDATE produtos SET preco = 10.5 WHERE id = 1",
        "UPDATE empresas SET nome = 'A' WHERE id = 3",
    )
    assert here(f"sqlite:///{file}", "verify").code == 0
