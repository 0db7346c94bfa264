"""The way back: each downgrade restores what its upgrade retired, loses no cell, and can be upgraded again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from homecoming import catalog
from tests.conftest import VERSIONS, engine_of
from tests.support import conservation, history, lineage, pasting, scars, servers

ROWS = 12
DOWN = [*(f"{number:04d}" for number in range(21, 0, -1)), "base"]
"""Every revision below head, the next one down first."""

WINDOW = ("desconto_valor", "data_inicio_desconto", "data_fim_desconto", "limite_uso_cupom", "usos_cupom")
CATALOGUE = (
    "codigo_barras", "marca", "fornecedor", "preco_custo", "margem_lucro", "unidade_medida", "volume", "teor_alcoolico",
    "temperatura_ideal", "validade_dias", "ncm", "icms", "ipi", "destaque", "promocional", "observacoes",
)  # fmt: skip
BACK = {
    "0017": ("produtos", ("evento_id",)),
    "0016": ("produtos", CATALOGUE),
    "0015": ("produtos", ("tipo",)),
    # 0017 takes it away and brings it back; 0015 gave it other values, or none, where categories moved.
    "0014": ("produtos", ("categoria_id",)),
    "0009": ("usuarios", ("empresa_id",)),
    "0006": ("listas", WINDOW),
}
"""What the downgrade to a revision brings back, where the database once had it: table and columns."""

REPLACED = ("produtos.tipo: ", "produtos.categoria_id: ", "retired.produtos__categoria_id.categoria_id: ")
"""How a line about a cell begins that is another at head: its downgrade puts the first value back."""

LIVES: dict[str, tuple[tuple[int, ...], dict[str, str]]] = {
    "the_discount_window": ((4,), {}),
    "a_company_for_each_user": ((7,), {}),
    "kinds_of_product_that_went": ((14,), {}),
    "kinds_of_product_that_went_again": ((17,), {}),
    "both_tables_of_categories": ((13, 16), {}),
    "tipo_renamed": ((25,), {}),
    "copies": ((18,), {"postgresql": "startup_rebuild_sold_since", "sqlite": "produtos_rebuild_sold_since"}),
}
"""States layered over one another, and a scar on each dialect."""


@pytest.fixture(params=("postgresql", "sqlite"))
def database(
    request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server], tmp_path: Any
) -> Iterator[sa.Engine]:
    """An empty database of each kind; of the PostgreSQL versions each case has one, the same on every run."""
    if request.param == "sqlite":
        yield engine_of(f"sqlite:///{tmp_path / 'eventos.db'}")
        return
    server = server_of(VERSIONS[len(request.node.name) % len(VERSIONS)])
    name = f"trip_{os.getpid()}"
    yield engine_of(server.create_database(name))
    server.drop_database(name)


def read(engine: sa.Engine) -> list[str]:
    """Return the whole catalogue, a fact a line."""
    with engine.connect() as connection:
        return sorted(f"{fact.kind} {fact.name}: {fact.definition}" for fact in catalog.read(connection).values())


def cells(engine: sa.Engine, table: str, columns: tuple[str, ...]) -> dict[int, tuple[Any, ...]]:
    """Return the columns' values by id."""
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT id, {', '.join(columns)} FROM {table}").all()
    return {row[0]: tuple(row[1:]) for row in rows}


def assert_at_head(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        found = [f for f in catalog.verify(connection) if f.severity is catalog.Severity.FAIL]
    assert found == []


def behind(engine: sa.Engine) -> set[str]:
    """Return the sequences that are behind the ids of their tables; of SQLite, where ids come from the rows, none."""
    if engine.dialect.name == "sqlite":
        return set()
    with engine.connect() as connection:
        live = catalog.read(connection)
        return {name for name, at in catalog.positions(connection, live, live).items() if at[1] <= at[0]}


def test_the_list_of_revisions_is_whole() -> None:
    script = ScriptDirectory.from_config(history.config(sa.create_engine("sqlite://")))
    assert [revision.down_revision or "base" for revision in script.walk_revisions()] == DOWN


def test_an_empty_database_comes_back_the_way_it_went(database: sa.Engine) -> None:
    """The catalogue after the downgrade to a revision is the one there was when it was first reached."""
    first = {"base": read(database)}
    for revision in [*reversed(DOWN[:-1]), "head"]:
        history.upgrade(database, revision)
        first[revision] = read(database)
    assert_at_head(database)
    for revision in DOWN:
        history.downgrade(database, revision)
        assert read(database) == first[revision], revision
    history.upgrade(database)
    assert read(database) == first["head"]


@pytest.mark.parametrize("life", LIVES)
def test_down_step_by_step_and_up_again(database: sa.Engine, life: str) -> None:
    states, wounds = LIVES[life]
    lineage.build(database, *states, rows=ROWS)
    if wounds:
        scars.apply(database, scars.get(database.dialect.name, wounds[database.dialect.name]))
    origin, were_behind = conservation.take(database), behind(database)
    columns = {name: set(table.types) for name, table in origin.tables.items()}
    kept = {
        revision: cells(database, table, names)
        for revision, (table, names) in BACK.items()
        if columns.get(table, set()) >= set(names)
    }

    history.upgrade(database)
    at_head = conservation.take(database)

    def lost_since_head() -> list[str]:
        return [line for line in conservation.missing(at_head, database) if not line.startswith(REPLACED)]

    for revision in DOWN:
        history.downgrade(database, revision)
        assert conservation.missing(origin, database) == [], revision
        assert behind(database) <= were_behind
        if revision in BACK:
            # Rows that came out of a copy, or of a table that gave them to another, are there again, and only there.
            assert conservation.missing(origin, database) == [], revision
        if revision in kept:
            table, names = BACK[revision]
            now = cells(database, table, names)
            assert {key: now[key] for key in kept[revision]} == kept[revision], revision
    assert conservation.missing(origin, database) == []
    for name in {name for name in columns if conservation.LEFTOVER.fullmatch(name)[1] != name}:  # type: ignore[index]
        assert conservation.take(database).tables[name].rows == origin.tables[name].rows

    history.upgrade(database)
    assert_at_head(database)
    assert conservation.missing(origin, database) == []
    assert lost_since_head() == []


def test_down_and_up_again(database: sa.Engine) -> None:
    """From head each time, as an operator goes back to one revision and forth again: those where rows or cells move."""
    lineage.build(database, 17, rows=ROWS)
    origin = conservation.take(database)
    history.upgrade(database)
    for revision in ("0020", *BACK, "0001", "base"):
        history.downgrade(database, revision)
        history.upgrade(database)
        assert_at_head(database)
        assert conservation.missing(origin, database) == [], revision


def test_a_column_that_was_retired_twice(database: sa.Engine) -> None:
    """Somebody brings it back by hand, with other values: both sets of cells are kept, and the later ones come back."""
    lineage.build(database, 18, rows=ROWS)
    history.upgrade(database)
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE produtos ADD COLUMN evento_id INTEGER")
        connection.exec_driver_sql("UPDATE produtos SET evento_id = 1")
    command.stamp(history.config(database), "base")
    by_hand = conservation.take(database)
    history.upgrade(database)
    assert_at_head(database)
    assert conservation.missing(by_hand, database) == []
    for revision in ("0017", "0009"):
        history.downgrade(database, revision)
        assert conservation.missing(by_hand, database) == [], revision
    history.upgrade(database)
    assert conservation.missing(by_hand, database) == []


def test_an_unknown_column_that_must_be_filled(database: sa.Engine) -> None:
    """The application fills only what it knows: NOT NULL without a default goes, and comes back with a downgrade."""
    lineage.build(database, 18, rows=ROWS)
    with database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE conquistas ADD COLUMN selo TEXT")
        connection.exec_driver_sql("UPDATE conquistas SET selo = 'ouro'")
        if database.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA writable_schema = 1")
            connection.exec_driver_sql(
                "UPDATE sqlite_master SET sql = replace(sql, 'selo TEXT', 'selo TEXT NOT NULL') "
                "WHERE name = 'conquistas'"
            )
            connection.exec_driver_sql("PRAGMA writable_schema = RESET")
        else:
            connection.exec_driver_sql("ALTER TABLE conquistas ALTER selo SET NOT NULL")

    def required() -> bool:
        columns = sa.inspect(database).get_columns("conquistas")
        return not next(column["nullable"] for column in columns if column["name"] == "selo")

    before = conservation.take(database)
    assert required()
    history.upgrade(database)
    assert_at_head(database)
    assert not required()
    assert conservation.missing(before, database) == []
    history.downgrade(database, "0020")
    assert required()
    history.upgrade(database)
    assert not required()


def test_rows_written_after_the_upgrade_survive_the_way_back(database: sa.Engine) -> None:
    """A product made at head has no event: it keeps its row, and the column stays without NOT NULL."""
    lineage.build(database, 18, rows=ROWS)
    history.upgrade(database)
    with database.begin() as connection:
        connection.exec_driver_sql("INSERT INTO produtos (nome, tipo, preco) VALUES ('Água', 'BEBIDA', 5)")
    written = conservation.take(database)
    history.downgrade(database, "0017")
    assert conservation.missing(written, database) == []
    assert cells(database, "produtos", ("nome", "evento_id"))[ROWS + 1] == ("Água", None)
    history.upgrade(database)
    assert_at_head(database)
    assert conservation.missing(written, database) == []
    assert ROWS + 1 in cells(database, "produtos", ("nome",))


def test_a_word_given_since_the_upgrade_stays(database: sa.Engine) -> None:
    """The downgrade gives the kept words back to rows that hold their replacement; what somebody set since is newer."""
    lineage.build(database, 17, rows=ROWS)
    query = "SELECT id, tipo FROM produtos ORDER BY id"
    with database.connect() as connection:
        before = {row.id: str(row.tipo) for row in connection.exec_driver_sql(query)}
    chosen = min(key for key, word in before.items() if word == "DIGITAL")
    history.upgrade(database)
    with database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE produtos SET tipo = 'BEBIDA' WHERE id = {chosen}")
    history.downgrade(database, "0015")
    with database.connect() as connection:
        after = {row.id: str(row.tipo) for row in connection.exec_driver_sql(query)}
    assert after == before | {chosen: "BEBIDA"}


def test_a_product_that_took_the_id_of_another_on_sqlite_gets_none_of_its_cells(sqlite: sa.Engine) -> None:
    """SQLite gives the highest id again; the cells of the deleted products stay kept, however often it goes there."""
    lineage.build(sqlite, 14, rows=ROWS)
    first = {key: row for key, row in cells(sqlite, "produtos", ("tipo", "marca")).items() if key < 7}
    history.upgrade(sqlite)
    with sqlite.begin() as connection:
        for table in ("itens_venda_pdv", "movimentos_estoque"):
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE produto_id > 6")
        connection.exec_driver_sql("DELETE FROM produtos WHERE id > 6")
        connection.exec_driver_sql("INSERT INTO produtos (nome, tipo, preco) VALUES ('Novo', 'BEBIDA', 5)")
    at_head = conservation.take(sqlite)
    for _ in range(2):
        history.downgrade(sqlite, "0015")
        lost = [line for line in conservation.missing(at_head, sqlite) if not line.startswith(REPLACED)]
        assert lost == []
        assert set(cells(sqlite, "produtos", (*CATALOGUE, "categoria_id", "evento_id"))[7]) == {None}
        assert {key: row for key, row in cells(sqlite, "produtos", ("tipo", "marca")).items() if key < 7} == first
        assert {7, 8, 9, 11, 12} <= cells(sqlite, "retired_produtos__marca", ("marca",)).keys()
        history.upgrade(sqlite)
        assert_at_head(sqlite)
        assert conservation.missing(at_head, sqlite) == []


def test_views_that_read_one_another_come_back_on_sqlite(sqlite: sa.Engine) -> None:
    lineage.build(sqlite, 14, rows=ROWS)
    scars.apply(sqlite, scars.get("sqlite", "views_over_views"))
    before = set(sa.inspect(sqlite).get_view_names())
    history.upgrade(sqlite)
    assert sa.inspect(sqlite).get_view_names() == []
    history.downgrade(sqlite, "0017")
    assert set(sa.inspect(sqlite).get_view_names()) == before
    history.upgrade(sqlite)
    assert_at_head(sqlite)


def test_columns_that_are_computed_come_back_on_sqlite(sqlite: sa.Engine) -> None:
    lineage.build(sqlite, 14, rows=ROWS)
    scars.apply(sqlite, scars.get("sqlite", "computed_columns"))
    computed = ("evento_dobro", "rotulo", "nada", "nome_maiusculo")
    before = cells(sqlite, "produtos", computed)
    history.upgrade(sqlite)
    assert {column["name"] for column in sa.inspect(sqlite).get_columns("produtos")} & {*computed} == {"nome_maiusculo"}
    history.downgrade(sqlite, "0016")
    assert cells(sqlite, "produtos", computed) == before
    assert {"idx_produtos_rotulo"} <= {str(index["name"]) for index in sa.inspect(sqlite).get_indexes("produtos")}
    assert sa.inspect(sqlite).get_view_names() == ["vw_rotulos"]
    assert not {name for name in sa.inspect(sqlite).get_table_names() if name.startswith("retired_produtos__rotulo")}
    history.upgrade(sqlite)
    assert_at_head(sqlite)


def test_the_way_back_in_another_style_of_dates(postgres: sa.Engine) -> None:
    """What tells a row from another of its number is text with a moment in it, whatever DateStyle a console has."""
    lineage.build(postgres, 14, rows=3)
    before = cells(postgres, "produtos", ("marca",))
    history.upgrade(postgres)
    with postgres.begin() as connection:
        # The moment alone tells that the rows are the same.
        connection.exec_driver_sql("UPDATE produtos SET nome = 'outro ' || id")
    # psycopg2 sets the style when it connects: it has to be changed after that.
    pasting.paste(postgres, "SET DateStyle = 'German'; " + pasting.script("sql-rollback", "--to", "0016"))
    assert cells(postgres, "produtos", ("marca",)) == before
