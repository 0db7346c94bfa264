"""The tests' own instruments: scars need what they say, conservation misses nothing, equal catalogues dump equal."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests.support import conservation, lineage, scars, servers

POSTGRESQL = 16
ROWS = 7
EVERY_SCAR = [scar for dialect in scars.DIALECTS for scar in scars.load(dialect)]
LAYERED = [(1, 7, 13, 22), (2, 11, 16), (3, 12, 22, 24), (9, 20, 26)]

At = Callable[..., sa.Engine]


@pytest.fixture(scope="module")
def at(server_of: Callable[[int], servers.Server], tmp_path_factory: pytest.TempPathFactory) -> Iterator[At]:
    """A function that gives a database of a dialect in the states named, with rows, as new at every call."""
    folder = tmp_path_factory.mktemp("states")
    built: set[str] = set()

    def engine(url: str) -> sa.Engine:
        return sa.create_engine(url, poolclass=NullPool)

    def of_sqlite(states: tuple[int, ...], name: str) -> sa.Engine:
        template, copy = folder / f"{name}.db", folder / f"{name}_copy.db"
        if not template.exists():
            lineage.build(engine(f"sqlite:///{template}"), *states, rows=ROWS)
        shutil.copy(template, copy)
        return engine(f"sqlite:///{copy}")

    def of_postgresql(states: tuple[int, ...], name: str) -> sa.Engine:
        server = server_of(POSTGRESQL)
        if name not in built:
            lineage.build(engine(server.create_database(name)), *states, rows=ROWS)
            built.add(name)
        server.drop_database(f"{name}_copy")
        return engine(server.create_database(f"{name}_copy", template=name))

    def get(dialect: str, *states: int) -> sa.Engine:
        name = f"scars_{'_'.join(map(str, states))}"
        return of_sqlite(states, name) if dialect == "sqlite" else of_postgresql(states, name)

    yield get
    for name in built:
        server_of(POSTGRESQL).drop_database(f"{name}_copy")
        server_of(POSTGRESQL).drop_database(name)


@pytest.fixture(params=scars.DIALECTS)
def head(request: pytest.FixtureRequest, at: At) -> sa.Engine:
    """A database of each dialect in state 22."""
    return at(request.param, 22)


def run(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


# Scars


@pytest.mark.parametrize("scar", EVERY_SCAR, ids=str)
def test_a_scar_applies_to_the_first_and_the_last_state_it_needs(scar: scars.Scar, at: At) -> None:
    """All 27 were tried when it was written; the two ends find a column that came or went."""
    for state in {min(scar.needs), max(scar.needs)}:
        scars.apply(at(scar.dialect, state), scar)


@pytest.mark.parametrize("scar", EVERY_SCAR, ids=str)
def test_what_a_scar_touches_says_no_more_and_no_less_than_what_it_needs(scar: scars.Scar) -> None:
    assert {state for state in range(1, 28) if scar.applicable([state])} == scar.needs


@pytest.mark.parametrize("states", LAYERED, ids=str)
@pytest.mark.parametrize("dialect", scars.DIALECTS)
def test_a_scar_applies_to_layered_states_where_it_says_so(dialect: str, states: tuple[int, ...], at: At) -> None:
    chosen = [scar for scar in scars.load(dialect) if scar.applicable(states)]
    assert len(chosen) > 15
    for scar in chosen[::4]:
        scars.apply(at(dialect, *states), scar)


def test_a_table_is_as_the_first_state_made_it() -> None:
    nullable = scars.get("postgresql", "usuarios_empresa_id_nullable")
    assert nullable.applicable([1, 22])
    assert not nullable.applicable([9, 22])
    assert not scars.get("postgresql", "meep_tables_by_script").applicable([1, 22])


def test_a_scar_is_refused_by_a_database_it_does_not_need(at: At) -> None:
    with pytest.raises(sqlite3.OperationalError, match="categoria_id"):
        scars.apply(at("sqlite", 3), scars.get("sqlite", "produtos_rebuilt_keeping_produtos_old"))


GOOD = "-- What it is.\n-- scripts: fix.py\n-- needs: states 3-18, 20\n-- outcome: home\nSELECT 1;\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("-- What it is.\n", ""), "x.sql: the header lacks a sentence"),
        (GOOD.replace("-- scripts: fix.py\n", ""), "x.sql: the header lacks scripts"),
        (GOOD.replace("3-18, 20", "20, 3-18"), "x.sql: needs is in order, without repeats, and at most 27"),
        (GOOD.replace("20", "28"), "x.sql: needs is in order, without repeats, and at most 27"),
        (GOOD.replace("states 3-18, 20", "all"), "x.sql: needs is not like 'states 3-18, 20'"),
        (GOOD.replace("home", "refused"), "x.sql: outcome is 'home' or 'refused: <part of the message>'"),
    ],
)
def test_a_wrong_header_is_named(text: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scars, "SCARS", tmp_path)
    (tmp_path / "sqlite").mkdir()
    (tmp_path / "sqlite" / "x.sql").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^x\.sql: ") as caught:
        scars.load("sqlite")
    assert str(caught.value) == message


# Conservation: each damage alone, and the full text of what is said of it.

DAMAGE: dict[str, tuple[str, list[str]]] = {
    "nothing": ("SELECT 1", []),
    "a dropped column": (
        "ALTER TABLE produtos DROP COLUMN imagem_url",
        ["produtos.imagem_url: 6 cells gone (id 1, 2, 3, 5, 6, ...)"],
    ),
    "a changed cell": ("UPDATE usuarios SET nome = nome || ' ' WHERE id = 2", ["usuarios.nome: 1 cell changed (id 2)"]),
    "a case nobody may change": (
        "UPDATE usuarios SET senha_hash = upper(senha_hash) WHERE id < 3",
        ["usuarios.senha_hash: 2 cells changed (id 1, 2)"],
    ),
    "a nulled value": ("UPDATE usuarios SET ativo = NULL WHERE id = 3", ["usuarios.ativo: 1 cell now NULL (id 3)"]),
    "a filled NULL": (
        "UPDATE produtos SET imagem_url = '-' WHERE imagem_url IS NULL",
        ["produtos.imagem_url: 1 cell changed (id 4)"],
    ),
    "a lost row": ("DELETE FROM checkins WHERE id = 3", ["checkins: 1 row gone (id 3)"]),
    "a lost table": ("DROP TABLE logs_auditoria", ["logs_auditoria: the table is gone, with 7 rows"]),
    "a privilege given": (
        "UPDATE usuarios SET tipo = 'ADMIN' WHERE id = (SELECT min(id) FROM usuarios WHERE tipo = 'CLIENTE')",
        ["usuarios.tipo: 1 cell changed (id 2)"],
    ),
    "a reference turned": (
        "UPDATE itens_venda_pdv SET produto_id = produto_id + 1 WHERE id = 5",
        ["itens_venda_pdv.produto_id: 1 cell changed (id 5)"],
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_every_damage_is_reported(damage: str, head: sa.Engine) -> None:
    statement, lines = DAMAGE[damage]
    before = conservation.take(head)
    run(head, statement)
    assert conservation.missing(before, head) == lines


def test_rows_without_a_key_are_counted(at: At) -> None:
    """Two equal rows are two rows: an upgrade that keeps one of them lost one."""
    engine = at("sqlite", 22)
    scars.apply(engine, scars.get("sqlite", "unknown_tables_and_columns"))
    before = conservation.take(engine)
    run(engine, "DELETE FROM anotacoes WHERE rowid = 1", "DELETE FROM fornecedores_produtos WHERE produto_id = 2")
    assert conservation.missing(before, engine) == ["fornecedores_produtos: 1 row gone", "anotacoes: 1 row gone"]


RETIRE = {
    "sqlite": (
        "retired_produtos__imagem_url",
        "ALTER TABLE produtos_backup_deploy RENAME TO retired_produtos_backup_deploy",
    ),
    "postgresql": ("retired.produtos__imagem_url", "ALTER TABLE produtos_backup_deploy SET SCHEMA retired"),
}


def test_what_is_retired_is_kept_and_what_is_missing_there_is_not(head: sa.Engine) -> None:
    dialect = head.dialect.name
    column, retire_copy = RETIRE[dialect]
    run(head, "CREATE TABLE produtos_backup_deploy AS SELECT * FROM produtos")
    if dialect == "postgresql":
        run(head, "CREATE SCHEMA retired")
    before = conservation.take(head)
    run(
        head,
        f"CREATE TABLE {column} AS SELECT id, imagem_url FROM produtos",
        "ALTER TABLE produtos DROP COLUMN imagem_url",
        "UPDATE produtos_backup_deploy SET id = id",
        retire_copy,
    )
    assert conservation.missing(before, head) == []
    run(head, f"DELETE FROM {column} WHERE id = 2")
    assert conservation.missing(before, head) == ["produtos.imagem_url: 1 cell gone (id 2)"]


def test_a_copy_that_is_gone_was_one_only_where_the_table_has_the_same(head: sa.Engine) -> None:
    run(
        head,
        "CREATE TABLE produtos_backup_deploy AS SELECT * FROM produtos",
        "UPDATE produtos_backup_deploy SET preco = preco + 1 WHERE id = 6",
        "INSERT INTO produtos_backup_deploy (id, nome) VALUES (70, 'só na cópia')",
    )
    before = conservation.take(head)
    run(head, "DROP TABLE produtos_backup_deploy")
    assert conservation.missing(before, head) == [
        "produtos_backup_deploy: 1 row gone (id 70)",
        "produtos_backup_deploy.preco: 1 cell changed (id 6)",
    ]


def test_merged_columns(at: At) -> None:
    """tipo wins; where it says nothing it is filled; a type that is in neither column any more is lost."""
    engine = at("sqlite", 23)
    scars.apply(engine, scars.get("sqlite", "usuarios_tipo_added_back"))
    run(engine, "UPDATE usuarios SET tipo = ' ' WHERE id = 1", "UPDATE usuarios SET tipo_usuario = 'x' WHERE id = 2")
    before = conservation.take(engine)
    run(
        engine,
        "UPDATE usuarios SET tipo = upper(CASE WHEN coalesce(trim(tipo), '') = '' THEN tipo_usuario ELSE tipo END)",
        "ALTER TABLE usuarios DROP COLUMN tipo_usuario",
    )
    assert conservation.missing(before, engine) == ["usuarios.tipo_usuario: 1 cell changed (id 2)"]
    run(engine, "UPDATE usuarios SET tipo = 'ADMIN' WHERE id = 7")
    assert "usuarios.tipo: 1 cell changed (id 7)" in conservation.missing(before, engine)


def test_a_number_that_sqlite_stores_as_text_is_the_same_and_a_code_is_no_number(at: At) -> None:
    engine = at("sqlite", 22)
    run(engine, "UPDATE produtos SET codigo_interno = '007' WHERE id = 7")
    before = conservation.take(engine)
    run(
        engine,
        "ALTER TABLE produtos ADD COLUMN novo",
        "UPDATE produtos SET novo = CAST(preco AS TEXT)",
        "ALTER TABLE produtos DROP COLUMN preco",
        "ALTER TABLE produtos RENAME COLUMN novo TO preco",
        "ALTER TABLE produtos ADD COLUMN codigo INTEGER",
        "UPDATE produtos SET codigo = codigo_interno WHERE id = 7",
        "UPDATE produtos SET codigo = NULL WHERE id <> 7",
        "UPDATE produtos SET codigo_interno = CAST(codigo AS TEXT) WHERE id = 7",
    )
    assert conservation.missing(before, engine) == ["produtos.codigo_interno: 1 cell changed (id 7)"]


def test_a_reference_must_find_the_same_thing_in_the_table_it_was_turned_to(at: At) -> None:
    """Every cell is in place here, and yet a sale of the old product 1 became one of the new product 1."""
    engine = at("postgresql", 20)
    scars.apply(engine, scars.get("postgresql", "produtos_emptied_then_filled_again"))
    before = conservation.take(engine)
    turn = "ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey, ADD FOREIGN KEY (produto_id) "
    run(engine, turn + "REFERENCES produtos")
    assert conservation.missing(before, engine) == [
        "itens_venda_pdv.produto_id: 7 cells turned to another row (id 1, 2, 3, 4, 5, ...)"
    ]
    run(engine, "UPDATE produtos p SET criado_em = b.criado_em FROM produtos_backup_evento_id b WHERE b.id = p.id")
    assert not [line for line in conservation.missing(before, engine) if "turned" in line]


CONVERSIONS = (
    "ALTER TABLE clientes_eventos RENAME created_at TO criado_em",
    "ALTER TABLE clientes_eventos ALTER criado_em TYPE timestamptz USING criado_em AT TIME ZONE 'America/Sao_Paulo'",
    "DROP VIEW v_equipamentos_status",
    "ALTER TABLE equipamentos_eventos ALTER ip_address TYPE varchar(45) USING ip_address::text",
    "ALTER TABLE validacoes_acesso ALTER ip_address TYPE varchar(45) USING host(ip_address)",
    "ALTER TABLE validacoes_acesso ALTER device_info TYPE text",
    "ALTER TABLE analytics_meep ALTER valor TYPE numeric(20, 5)",
)


def test_conversions_of_postgresql(at: At) -> None:
    """A moment without a zone is one of the server's: read as UTC's it is another instant, and is found."""
    engine = at("postgresql", 10)
    scars.apply(engine, scars.get("postgresql", "meep_tables_by_script"))
    before = conservation.take(engine)
    run(engine, *CONVERSIONS)
    assert conservation.missing(before, engine) == []
    run(
        engine,
        "ALTER TABLE previsoes_ia ALTER created_at TYPE timestamptz USING created_at AT TIME ZONE 'UTC'",
        "UPDATE validacoes_acesso SET device_info = replace(device_info, '1.50', '1.51') WHERE id = 4",
        "UPDATE sessoes_operadores SET ip_address = '10.0.0.0' WHERE id = 1",
    )
    assert conservation.missing(before, engine) == [
        "previsoes_ia.created_at: 7 cells changed (id 1, 2, 3, 4, 5, ...)",
        "sessoes_operadores.ip_address: 1 cell changed (id 1)",
        "validacoes_acesso.device_info: 1 cell changed (id 4)",
    ]


# Dumps


def test_equal_catalogues_dump_equal_and_unequal_ones_do_not(server_of: Callable[[int], servers.Server]) -> None:
    server = server_of(POSTGRESQL)
    tables = ["CREATE TABLE a (x INT, y TEXT DEFAULT 'p;q', CHECK (x > 0))", "CREATE TABLE b (z INT UNIQUE, w INT)"]
    turned = ["CREATE TABLE b (w INT, z INT UNIQUE)", "CREATE TABLE a (y TEXT DEFAULT 'p;q', x INT CHECK (x > 0))"]
    more = {"dump_1": tables, "dump_2": turned, "dump_3": [*turned, "ALTER TABLE a ALTER x SET NOT NULL"]}
    for name, statements in more.items():
        run(sa.create_engine(server.create_database(name), poolclass=NullPool), *statements)
    one, two, three = (server.dump_schema(name) for name in more)
    for name in more:
        server.drop_database(name)
    assert one == two
    assert "    x integer NOT NULL\n" in three
    assert three.replace("    x integer NOT NULL\n", "    x integer\n") == one
