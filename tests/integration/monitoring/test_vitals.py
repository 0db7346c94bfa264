"""What a server and a file tell of themselves, each thing really there; and the statements that health offers."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.monitoring.health_vitals import (
    THRESHOLDS,
    Threshold,
    invalid_indexes,
    long_transactions,
    sequences,
)
from homecoming.monitoring.snapshot import SequenceUse, Vitals
from homecoming.monitoring.vitals import ROWID_LIMIT, vitals
from tests.conftest import VERSIONS, engine_of
from tests.support import advice, servers

WITHIN = 30.0
"""Seconds until a test gives up what it waits for."""


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: f"pg{version}")
def place(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    """A database on a server of its own: roles, and transactions in two phases, are a server's."""
    with servers.start(request.param, {"max_prepared_transactions": "2"}) as server:
        engine = engine_of(server.create_database("festa"))
        execute(
            engine,
            "CREATE ROLE leitor LOGIN",
            "CREATE DOMAIN numero AS smallint",
            "CREATE TABLE eventos (id serial PRIMARY KEY, nome text)",
        )
        yield engine


@pytest.fixture
def clean(place: sa.Engine) -> Iterator[sa.Engine]:
    """The same, whose other tables and sequences are gone after the test."""
    yield place
    execute(
        place,
        "DO $$ DECLARE name text; BEGIN FOR name IN SELECT format('%%s public.%%I', CASE relkind WHEN 'S' THEN"
        " 'SEQUENCE' ELSE 'TABLE' END, relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind"
        " IN ('r', 'p', 'S') AND relname NOT LIKE 'eventos%%' AND NOT relispartition ORDER BY relkind = 'S'"
        " LOOP EXECUTE 'DROP ' || replace(name, 'SEQUENCE', 'SEQUENCE IF EXISTS') || ' CASCADE'; END LOOP; END $$",
    )


def execute(engine: sa.Engine, *statements: str) -> None:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def run(engine: sa.Engine, offered: object) -> None:
    """Run what a check offers, as somebody at a prompt does."""
    execute(engine, *str(offered).split("; "))
    advice.TRIED.extend(str(offered).split("; "))


def asked(engine: sa.Engine, long: float = 60, role: str = "postgres") -> Vitals:
    """What is told to a role, in a transaction as a look has it: it changes nothing, and waits for nobody."""
    with engine_of(engine.url.set(username=role).render_as_string(hide_password=False)).connect() as connection:
        connection.exec_driver_sql("SET TRANSACTION READ ONLY; SET LOCAL lock_timeout = '5s'")
        return vitals(connection, long)


def uses(told: Vitals) -> dict[str, tuple[int, int]]:
    return {f"{use.table}.{use.column}": (use.used, use.limit) for use in told.sequences}


def wait_until(engine: sa.Engine, question: str) -> None:
    """Wait until a question has the answer yes."""
    deadline = time.monotonic() + WITHIN
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while not connection.exec_driver_sql(question).scalar():
            assert time.monotonic() < deadline, question
            time.sleep(0.02)


def test_the_server_itself(place: sa.Engine) -> None:
    told = asked(place)
    assert told.version.startswith(f"PostgreSQL {server_version(place)}.")
    assert 0 < told.latency < WITHIN
    assert told.size is not None
    assert told.size > 1_000_000
    assert (told.free, told.long_transactions, told.invalid_indexes, told.hidden_sessions) == (None, (), (), 0)
    assert told.sequences == (SequenceUse("eventos", "id", 0, 2**31 - 1, "public.eventos_id_seq"),)


def server_version(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        assert connection.dialect.server_version_info is not None
        return int(connection.dialect.server_version_info[0])


def test_it_takes_two_round_trips_besides_the_latency(place: sa.Engine) -> None:
    said: list[str] = []
    with place.connect() as connection:
        sa.event.listen(connection, "before_cursor_execute", lambda _c, _k, statement, *_: said.append(statement))
        vitals(connection)
    assert said[:5] == ["SELECT 1"] * 5
    assert len(said) == 7


# Transactions.


def test_a_transaction_that_is_open_for_long(place: sa.Engine) -> None:
    url = place.url.update_query_dict({"application_name": "relatorio"}).render_as_string(hide_password=False)
    with engine_of(url).connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        # Idle in its transaction: a client that forgot about it.
        assert asked(place, long=60).long_transactions == ()
        (found,) = asked(place, long=0).long_transactions
        assert (found.pid, found.role, found.application, found.prepared) == (pid, "postgres", "relatorio", None)
        assert 0 < found.seconds < WITHIN
        connection.rollback()
        # A session without a transaction holds nothing.
        assert asked(place, long=0).long_transactions == ()


def test_the_statements_that_end_them(place: sa.Engine) -> None:
    engine = engine_of(place.url.render_as_string(hide_password=False))
    connection = engine.connect()
    try:
        connection.exec_driver_sql("SELECT 1")
        execute(place, "CREATE TABLE IF NOT EXISTS dois (id integer)")
        with place.connect() as other:
            other.exec_driver_sql("INSERT INTO dois VALUES (1)")
            other.exec_driver_sql("PREPARE TRANSACTION 'it''s'")
        told = asked(place, long=0)
        assert [transaction.prepared for transaction in told.long_transactions] == [None, "it's"]
        assert [transaction.role for transaction in told.long_transactions] == ["postgres", "postgres"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(THRESHOLDS, "long_transactions", Threshold(0.0, None))
            check = long_transactions(told)
        run(place, check.values["statements"])
        wait_until(place, "SELECT count(*) = 0 FROM pg_prepared_xacts")
        wait_until(place, f"SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = {told.long_transactions[0].pid}")
        assert asked(place, long=0).long_transactions == ()
    finally:
        connection.invalidate()
        connection.close()
        execute(place, "DROP TABLE dois")


def test_what_a_role_may_not_see_is_counted_as_hidden(place: sa.Engine) -> None:
    with place.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        told = asked(place, long=0, role="leitor")
        assert told.long_transactions == ()
        assert told.hidden_sessions == 1
        execute(place, "GRANT pg_read_all_stats TO leitor")
        told = asked(place, long=0, role="leitor")
        execute(place, "REVOKE pg_read_all_stats FROM leitor")
        assert len(told.long_transactions) == 1
        assert told.hidden_sessions == 0


def test_a_size_that_may_not_be_asked(place: sa.Engine) -> None:
    with engine_of(place.url.set(username="leitor").render_as_string(hide_password=False)).connect() as connection:
        connection.exec_driver_sql("SELECT 1")
        execute(place, "REVOKE CONNECT ON DATABASE festa FROM PUBLIC")
        try:
            assert vitals(connection).size is None
        finally:
            execute(place, "GRANT CONNECT ON DATABASE festa TO PUBLIC")


# Indexes.


def test_an_index_whose_build_failed_and_what_mends_it(clean: sa.Engine) -> None:
    execute(clean, 'CREATE TABLE "Fotos" (nome text)', """INSERT INTO "Fotos" VALUES ('canario'), ('canario')""")
    with pytest.raises(sa.exc.IntegrityError):
        execute(clean, 'CREATE UNIQUE INDEX CONCURRENTLY "Um" ON "Fotos" (nome)')
    told = asked(clean)
    assert told.invalid_indexes == ('"Um"',)
    execute(clean, 'DELETE FROM "Fotos" WHERE ctid = (SELECT min(ctid) FROM "Fotos")')
    run(clean, invalid_indexes(told).values["statements"])
    assert asked(clean).invalid_indexes == ()


def test_what_a_failed_reindex_left_is_dropped(clean: sa.Engine) -> None:
    execute(clean, "CREATE TABLE fotos (nome text)", "INSERT INTO fotos VALUES ('a'), ('a')")
    for name in ("fotos_nome_ccnew", "fotos_nome_ccold1"):
        with pytest.raises(sa.exc.IntegrityError):
            execute(clean, f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON fotos (nome)")
    told = asked(clean)
    assert told.invalid_indexes == ("fotos_nome_ccnew", "fotos_nome_ccold1")
    run(clean, invalid_indexes(told).values["statements"])
    with clean.connect() as connection:
        assert sa.inspect(connection).get_indexes("fotos") == []


@pytest.mark.parametrize("role", ["postgres", "leitor"])
@pytest.mark.parametrize(
    "build", ["CREATE INDEX CONCURRENTLY nova ON fotos (nome)", "REINDEX TABLE CONCURRENTLY fotos"]
)
def test_an_index_that_is_being_built_is_none(clean: sa.Engine, role: str, build: str) -> None:
    execute(
        clean, "CREATE TABLE fotos (nome text)", "CREATE INDEX um ON fotos (nome)", "CREATE INDEX dois ON fotos (nome)"
    )
    with clean.connect() as holder:
        # It has to wait for whoever changed rows before it began.
        holder.exec_driver_sql("INSERT INTO fotos VALUES ('a')")
        builder = threading.Thread(target=execute, args=(clean, build))
        builder.start()
        wait_until(clean, "SELECT count(*) > 0 FROM pg_index WHERE NOT indisvalid")
        told = asked(clean, role=role)
        with contextlib.suppress(sa.exc.DBAPIError):
            holder.rollback()
        builder.join(WITHIN)
    assert told.invalid_indexes == ()
    assert asked(clean).invalid_indexes == ()


# Numbers.


def test_the_numbers_of_each_kind_of_column(clean: sa.Engine) -> None:
    execute(
        clean,
        "CREATE TABLE curta (id smallserial PRIMARY KEY)",
        "SELECT setval('curta_id_seq', 31000)",
        "CREATE TABLE identidade (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
        "INSERT INTO identidade DEFAULT VALUES",
        'CREATE TABLE "Estranha %%" ("o id" bigserial)',
        # A sequence that nobody owns, of 64 bits, for a column of 32; rows came with numbers of their own.
        "CREATE SEQUENCE solta",
        "CREATE TABLE alheia (id integer PRIMARY KEY DEFAULT nextval('solta'))",
        "INSERT INTO alheia VALUES (2000000000)",
        # Without an index the highest number is not cheap.
        "CREATE TABLE sem_indice (id serial)",
        "INSERT INTO sem_indice VALUES (2000000000)",
        "SELECT nextval('sem_indice_id_seq')",
        "CREATE TABLE parcial (id serial)",
        "CREATE INDEX ON parcial (id) WHERE id < 10",
        "INSERT INTO parcial VALUES (2000000000)",
        "CREATE TABLE limitada (id serial PRIMARY KEY)",
        "ALTER SEQUENCE limitada_id_seq MAXVALUE 1000",
        # Its old sequence stayed behind; the default asks another.
        "CREATE TABLE trocada (id serial PRIMARY KEY)",
        "ALTER TABLE trocada ALTER COLUMN id SET DEFAULT nextval('solta')",
        "CREATE TABLE partida (id serial, k integer, PRIMARY KEY (id, k)) PARTITION BY LIST (k)",
        "CREATE TABLE partida_1 PARTITION OF partida FOR VALUES IN (1)",
        "INSERT INTO partida VALUES (77, 1)",
        "CREATE TABLE de_dominio (id numero DEFAULT nextval('solta'))",
        "CREATE TABLE texto (id text DEFAULT nextval('solta')::text)",
    )
    told = asked(clean)
    assert uses(told) == {
        '"Estranha %"."o id"': (0, 2**63 - 1),
        "alheia.id": (2000000000, 2**31 - 1),
        "curta.id": (31000, 2**15 - 1),
        "de_dominio.id": (0, 2**15 - 1),
        "eventos.id": (0, 2**31 - 1),
        "identidade.id": (1, 2**31 - 1),
        "limitada.id": (0, 1000),
        "parcial.id": (0, 2**31 - 1),
        "partida.id": (77, 2**31 - 1),
        "sem_indice.id": (1, 2**31 - 1),
        "trocada.id": (0, 2**31 - 1),
    }
    of = {use.table: use for use in told.sequences}
    assert of["trocada"].sequence == of["alheia"].sequence == "public.solta"
    assert [use.table for use in told.sequences if use.is_identity] == ["identidade"]


def test_numbers_that_fall_and_numbers_that_begin_again(clean: sa.Engine) -> None:
    execute(
        clean,
        "CREATE SEQUENCE abaixo INCREMENT -1",
        "CREATE TABLE caindo (id smallint PRIMARY KEY DEFAULT nextval('abaixo'))",
        "INSERT INTO caindo VALUES (-32768)",
        "CREATE TABLE descendo (id integer DEFAULT nextval('abaixo'))",
        "SELECT nextval('abaixo'), nextval('abaixo')",
        # It begins again before its column is full, and after that.
        "CREATE SEQUENCE volta AS smallint CYCLE",
        "CREATE TABLE sem_fim (id integer DEFAULT nextval('volta'))",
        "CREATE SEQUENCE volta_longa CYCLE",
        "CREATE TABLE com_fim (id integer DEFAULT nextval('volta_longa'))",
        # Rising, but never above zero.
        "CREATE SEQUENCE negativa MINVALUE -100 MAXVALUE -1",
        "CREATE TABLE negativas (id integer DEFAULT nextval('negativa'))",
        "CREATE SEQUENCE de_baixo MINVALUE -100 START -50",
        "CREATE TABLE de_baixo_para_cima (id integer PRIMARY KEY DEFAULT nextval('de_baixo'))",
        "INSERT INTO de_baixo_para_cima DEFAULT VALUES",
    )
    assert uses(asked(clean)) == {
        "caindo.id": (32768, 32768),
        "com_fim.id": (0, 2**31 - 1),
        "de_baixo_para_cima.id": (0, 2**31 - 1),
        "descendo.id": (2, 2**31),
        "eventos.id": (0, 2**31 - 1),
    }


def test_the_statements_that_give_more_numbers(clean: sa.Engine) -> None:
    execute(
        clean,
        "CREATE TABLE curta (id smallserial PRIMARY KEY)",
        "CREATE TABLE identidade (id integer GENERATED BY DEFAULT AS IDENTITY (MAXVALUE 1000) PRIMARY KEY)",
        'CREATE SEQUENCE "Abaixo" AS smallint INCREMENT -1',
        """CREATE TABLE caindo ("o id" smallint PRIMARY KEY DEFAULT nextval('"Abaixo"'))""",
        "SELECT setval('curta_id_seq', 32767)",
        "INSERT INTO identidade VALUES (1000)",
        "SELECT setval('identidade_id_seq', 1000)",
        """SELECT setval('"Abaixo"', -32768)""",
    )
    check = sequences(asked(clean))
    assert check.state == "failed"
    run(clean, check.values["statements"])
    limits = {use.table: use.limit for use in asked(clean).sequences if use.table != "eventos"}
    assert limits == {"curta": 2**63 - 1, "identidade": 2**63 - 1, "caindo": 2**63}
    for table in limits:
        execute(clean, f"INSERT INTO {table} DEFAULT VALUES")


def test_what_is_locked_is_not_waited_for(clean: sa.Engine) -> None:
    execute(
        clean,
        "CREATE TABLE presa (id serial PRIMARY KEY)",
        "INSERT INTO presa VALUES (50)",
        "SELECT nextval('presa_id_seq')",
    )
    with clean.connect() as connection:
        connection.exec_driver_sql("ALTER SEQUENCE presa_id_seq RESTART")
        assert uses(asked(clean))["presa.id"] == (50, 2**31 - 1)
        connection.rollback()
        connection.exec_driver_sql("LOCK TABLE presa")
        assert uses(asked(clean))["presa.id"] == (1, 2**31 - 1)


def test_numbers_that_a_role_may_not_see(clean: sa.Engine) -> None:
    execute(clean, "CREATE TABLE minha (id serial PRIMARY KEY)", "INSERT INTO minha VALUES (50)")
    assert uses(asked(clean, role="leitor"))["minha.id"] == (0, 2**31 - 1)
    execute(clean, "GRANT SELECT ON minha TO leitor")
    assert uses(asked(clean, role="leitor"))["minha.id"] == (50, 2**31 - 1)
    # A policy is asked of row after row.
    execute(clean, "ALTER TABLE minha ENABLE ROW LEVEL SECURITY", "CREATE POLICY todas ON minha USING (true)")
    assert uses(asked(clean, role="leitor"))["minha.id"] == (0, 2**31 - 1)


# SQLite.


def test_a_file(sqlite: sa.Engine, tmp_path: Path) -> None:
    with sqlite.begin() as connection:
        for statement in (
            "CREATE TABLE eventos (id INTEGER NOT NULL PRIMARY KEY, nome TEXT)",
            "INSERT INTO eventos VALUES (41, 'canario')",
            'CREATE TABLE "com ""aspas""" ("o id" integer PRIMARY KEY AUTOINCREMENT)',
            'INSERT INTO "com ""aspas""" VALUES (7)',
            'DELETE FROM "com ""aspas"""',
            "CREATE TABLE vazia (id INTEGER PRIMARY KEY)",
            # None of these has the rowid as its key.
            "CREATE TABLE curta (id INT PRIMARY KEY)",
            "CREATE TABLE par (a INTEGER, b INTEGER, PRIMARY KEY (a, b))",
            "CREATE TABLE ordenada (id INTEGER PRIMARY KEY) WITHOUT ROWID",
            "CREATE TABLE nada (nome TEXT)",
            "CREATE VIEW vista AS SELECT id FROM eventos",
        ):
            connection.exec_driver_sql(statement)
    with sqlite.connect() as connection:
        told = vitals(connection)
    assert told.version.startswith("SQLite 3.")
    assert told.size == (tmp_path / "eventos.db").stat().st_size
    assert told.free is not None
    assert abs(told.free - shutil.disk_usage(tmp_path).free) < 1 << 30
    assert (told.long_transactions, told.invalid_indexes) == ((), ())
    assert told.sequences == (
        SequenceUse('com "aspas"', "o id", 7, ROWID_LIMIT),
        SequenceUse("eventos", "id", 41, ROWID_LIMIT),
        SequenceUse("vazia", "id", 0, ROWID_LIMIT),
    )


def test_a_virtual_table_whose_module_is_missing(sqlite: sa.Engine) -> None:
    with sqlite.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE eventos (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        text = "CREATE VIRTUAL TABLE busca USING outro(a)"
        connection.exec_driver_sql("INSERT INTO sqlite_master VALUES ('table', 'busca', 'busca', 0, ?)", (text,))
    with sqlite.connect() as connection:
        assert [use.table for use in vitals(connection).sequences] == ["eventos"]


def test_a_database_in_memory() -> None:
    with sa.create_engine("sqlite://").connect() as connection:
        told = vitals(connection)
    assert (told.free, told.sequences) == (None, ())


def test_a_row_with_a_number_that_no_type_is_wider_for_is_found(clean: sa.Engine) -> None:
    execute(
        clean, "CREATE TABLE gigante (id bigserial PRIMARY KEY)", "INSERT INTO gigante VALUES (9223372036854775000)"
    )
    told = [use for use in asked(clean).sequences if use.table == "gigante"]
    check = sequences(replace(asked(clean), sequences=tuple(told)))
    [statement] = advice.statements(check.advice)
    with clean.connect() as connection:
        assert connection.exec_driver_sql(statement).scalar_one() == 9223372036854775000
    advice.TRIED.append(statement)


def test_an_index_that_rows_stand_against_is_dropped(clean: sa.Engine) -> None:
    execute(clean, "CREATE TABLE fotos (nome text)", "INSERT INTO fotos VALUES ('a'), ('a')")
    with pytest.raises(sa.exc.IntegrityError):
        execute(clean, "CREATE UNIQUE INDEX CONCURRENTLY um ON fotos (nome)")
    _, _, drops = invalid_indexes(asked(clean)).advice.partition("rows stand against it: ")
    run(clean, drops)
    assert asked(clean).invalid_indexes == ()
