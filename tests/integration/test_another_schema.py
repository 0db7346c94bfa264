"""The application's tables in another schema: no second set is made in public, and the refusal says where they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg2
import pytest
import sqlalchemy as sa

from homecoming import catalog
from homecoming.errors import Refused
from tests.conftest import VERSIONS, engine_of
from tests.support import history, lineage, pasting, servers, verdicts, whole

MOVE_TABLES = """CREATE SCHEMA painel; DO $$ DECLARE t record; BEGIN
FOR t IN SELECT tablename FROM pg_tables WHERE schemaname = 'public'
LOOP EXECUTE format('ALTER TABLE public.%I SET SCHEMA painel', t.tablename); END LOOP; END $$"""
MOVE_TYPES = """DO $$ DECLARE t record; BEGIN
FOR t IN SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
LOOP EXECUTE format('ALTER TYPE public.%I SET SCHEMA painel', t.typname); END LOOP; END $$"""
PATH = "ALTER DATABASE {} SET search_path = painel, public"
ALL = (
    "33 of this application's tables are in schema painel, not in public: "
    "analytics_meep, caixa_pdv, caixas_eventos, ..."
)


@pytest.fixture
def database(
    request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]
) -> Iterator[tuple[sa.Engine, servers.Server]]:
    """State 22 with rows: of the PostgreSQL versions each case has one, the same on every run."""
    server = server_of(VERSIONS[len(request.node.name) % len(VERSIONS)])
    name = "elsewhere"
    server.drop_database(name)
    engine = engine_of(server.create_database(name))
    lineage.build(engine, 22, rows=5)
    yield engine, server
    server.drop_database(name)


def execute(engine: sa.Engine, *statements: str) -> None:
    for statement in statements:
        with engine.begin() as connection:
            text = statement.format(engine.url.database) if "DATABASE" in statement else statement
            connection.exec_driver_sql(text, execution_options={"no_parameters": True})


def create_all(engine: sa.Engine) -> None:
    """As the application's start-up does, where its sessions look in public alone."""
    with engine.begin() as connection:
        connection.exec_driver_sql("SET search_path = public")
        lineage.metadata(lineage.load(22)).create_all(connection)


def refused(database: tuple[sa.Engine, servers.Server]) -> Refused:
    """Upgrade and paste, be refused by both in the same words, and find everything as it was."""
    engine, server = database
    before = whole.of(engine, server)
    with pytest.raises(Refused) as caught:
        history.upgrade(engine)
    with pytest.raises(psycopg2.Error) as pasted:
        pasting.paste(engine, pasting.script("sql"))
    assert whole.of(engine, server) == before
    diagnosis = pasted.value.diag
    assert pasted.value.pgcode == "PM004"
    assert diagnosis.message_primary == caught.value.what
    assert "ALTER" in (diagnosis.message_hint or "")
    with engine.connect() as connection:
        failures = [found for found in catalog.verify(connection) if found.severity is catalog.Severity.FAIL]
        checks, verdict = verdicts.judge(connection)
    assert caught.value.what in [found.found for found in failures]
    assert caught.value.what in [found for _, _, found, result, _ in checks if result == "FAIL"]
    assert verdict[3] == "FAIL"
    return caught.value


def follow(engine: sa.Engine, advice: str) -> None:
    """Do what the refusal says, and come home."""
    execute(engine, *advice.partition("then run again: ")[2].split("; "))
    history.upgrade(engine)
    with engine.connect() as connection:
        assert [found for found in catalog.verify(connection) if found.severity is catalog.Severity.FAIL] == []


def count(engine: sa.Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


@pytest.mark.parametrize(
    "statements",
    [
        (MOVE_TABLES, MOVE_TYPES, PATH),
        (MOVE_TABLES, PATH),
        (MOVE_TABLES, "ALTER ROLE postgres SET search_path = painel"),
    ],
    ids=["tables and types", "tables alone", "where the role looks"],
)
def test_every_table_in_another_schema(
    database: tuple[sa.Engine, servers.Server], statements: tuple[str, ...], request: pytest.FixtureRequest
) -> None:
    engine, _ = database
    request.addfinalizer(lambda: execute(engine, "ALTER ROLE postgres RESET search_path"))
    execute(engine, *statements)
    refusal = refused(database)
    assert refusal.what == ALL
    follow(engine, refusal.todo)
    assert count(engine, "public.usuarios") == 5


@pytest.mark.parametrize("path", [True, False])
def test_empty_ones_in_public_beside_them(database: tuple[sa.Engine, servers.Server], path: bool) -> None:
    """What the application's create_all(), or an earlier wrong run, made there."""
    engine, _ = database
    execute(engine, MOVE_TABLES, MOVE_TYPES, *([PATH] if path else []))
    create_all(engine)
    refusal = refused(database)
    assert refusal.what == ALL
    follow(engine, refusal.todo)
    assert count(engine, "public.usuarios") == 5


def test_a_database_at_head_beside_them(database: tuple[sa.Engine, servers.Server]) -> None:
    """After an earlier wrong run there is nothing to do, and still it is not the application's database."""
    engine, _ = database
    execute(engine, MOVE_TABLES, MOVE_TYPES)
    create_all(engine)
    execute(engine, "ALTER TABLE painel.usuarios RENAME TO pessoas")
    history.upgrade(engine)
    execute(engine, "ALTER TABLE painel.pessoas RENAME TO usuarios")
    with pytest.raises(Refused, match="in schema painel, not in public"):
        history.upgrade(engine)
    for arguments in (("sql",), ("sql", "--from", "0020"), ("sql-rollback", "--to", "base")):
        with pytest.raises(psycopg2.Error, match="in schema painel, not in public") as pasted:
            pasting.paste(engine, pasting.script(*arguments))
        assert pasted.value.pgcode == "PM004"


def test_one_table_that_its_sessions_find_elsewhere(database: tuple[sa.Engine, servers.Server]) -> None:
    engine, _ = database
    execute(
        engine,
        "CREATE SCHEMA cardapio",
        "ALTER TABLE produtos SET SCHEMA cardapio",
        "ALTER DATABASE {} SET search_path = public, cardapio",
    )
    refusal = refused(database)
    assert refusal.what == "1 of this application's tables is in schema cardapio, not in public: produtos"
    follow(engine, refusal.todo)
    assert count(engine, "public.produtos") == 5


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE SCHEMA loja", "CREATE TABLE loja.produtos (id integer, nome text)"),
        (
            "CREATE SCHEMA loja",
            "CREATE TABLE loja.produtos AS SELECT * FROM produtos",
            "CREATE TABLE loja.eventos AS SELECT * FROM eventos",
            "CREATE TABLE loja.usuarios (id integer, login text)",
            "CREATE TABLE loja.listas (id integer)",
            "ALTER DATABASE {} SET search_path = public, loja",
        ),
        ("CREATE SCHEMA painel", PATH),
        ("CREATE SCHEMA homologacao", "CREATE TABLE homologacao.usuarios AS SELECT * FROM usuarios"),
    ],
    ids=["a common name", "several", "a search_path alone", "a copy of one table"],
)
def test_what_is_not_the_application_s(database: tuple[sa.Engine, servers.Server], statements: tuple[str, ...]) -> None:
    engine, _ = database
    execute(engine, *statements)
    history.upgrade(engine)
    assert count(engine, "public.usuarios") == 5
