"""SQLite files that people and their tools left in an odd way: the whole history up, down, and up again."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from painel_migrations import catalog
from tests.conftest import engine_of
from tests.support import conservation, history, lineage

ROWS = 6


@pytest.fixture
def database(tmp_path: Path) -> sa.Engine:
    """An empty file."""
    return engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")


def run(database: sa.Engine, *statements: str) -> None:
    with database.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(database: sa.Engine, query: str) -> list[tuple[object, ...]]:
    with database.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def assert_at_head(database: sa.Engine) -> None:
    with database.connect() as connection:
        assert [f for f in catalog.verify(connection) if f.severity is catalog.Severity.FAIL] == []


def replace_product(database: sa.Engine) -> None:
    """Delete the last product with its children, and make another, which SQLite gives its id."""
    run(
        database,
        "DELETE FROM itens_venda_pdv WHERE produto_id = 6",
        "DELETE FROM movimentos_estoque WHERE produto_id = 6",
        "DELETE FROM produtos WHERE id = 6",
        "INSERT INTO produtos (nome, tipo, preco) VALUES ('Outro', 'BEBIDA', 5)",
    )


def test_kept_cells_are_not_given_to_another_row_of_the_id(database: sa.Engine) -> None:
    lineage.build(database, 14, rows=ROWS)
    run(database, "UPDATE produtos SET marca = 'marca ' || id, tipo = 'PRODUTO'")
    history.upgrade(database)
    run(database, "UPDATE produtos SET nome = 'Renomeado' WHERE id = 5")
    replace_product(database)
    run(database, "UPDATE produtos SET tipo = 'FICHA' WHERE id = 6")
    for _ in range(2):
        written = conservation.take(database)
        history.downgrade(database, "0015")
        query = "SELECT id, marca, tipo FROM produtos WHERE id > 4"
        assert rows(database, query) == [(5, "marca 5", "PRODUTO"), (6, None, "FICHA")]
        assert rows(database, "SELECT id, marca FROM retired_produtos__marca") == [(6, "marca 6")]
        entry = "SELECT kept_in, rows FROM retired_register WHERE object = 'produtos.marca'"
        assert rows(database, entry) == [("retired_produtos__marca", 1)]
        history.upgrade(database)
        assert_at_head(database)
        assert rows(database, "SELECT id, marca FROM retired_produtos__marca") == [(6, "marca 6")]
        assert [line for line in conservation.missing(written, database) if "produtos.tipo" not in line] == []


def test_a_retired_row_whose_id_another_has_taken_stays(database: sa.Engine) -> None:
    lineage.build(database, 13, rows=ROWS)
    run(database, "UPDATE produtos_categorias SET evento_id = NULL WHERE id = 6")
    history.upgrade(database)
    event = rows(database, "SELECT min(id) FROM eventos")[0][0]
    run(database, f"INSERT INTO categorias_produtos (id, nome, evento_id) VALUES (6, 'Outra', {event})")
    history.downgrade(database, "0014")
    assert rows(database, "SELECT nome FROM produtos_categorias WHERE id = 6") == [("Outra",)]
    assert rows(database, "SELECT id FROM retired_produtos_categorias") == [(6,)]
    history.upgrade(database)
    assert_at_head(database)
    assert rows(database, "SELECT id FROM retired_produtos_categorias") == [(6,)]


def test_views_over_views_come_back(database: sa.Engine) -> None:
    lineage.build(database, 14, rows=ROWS)
    run(
        database,
        "CREATE VIEW n1 AS SELECT id, evento_id FROM produtos",
        "CREATE VIEW n2 AS SELECT id, evento_id FROM n1",
        "CREATE TRIGGER t2 INSTEAD OF INSERT ON n2 BEGIN SELECT 1; END",
        "CREATE VIEW n3 AS SELECT evento_id FROM n2",
    )
    there = "SELECT name FROM sqlite_master WHERE type = 'view' OR name = 't2' ORDER BY name"
    history.upgrade(database)
    assert rows(database, there) == []
    history.downgrade(database, "0017")
    assert rows(database, there) == [("n1",), ("n2",), ("n3",), ("t2",)]
    assert len(rows(database, "SELECT * FROM n3")) == ROWS
    history.upgrade(database)
    assert_at_head(database)
