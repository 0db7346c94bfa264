"""An upgrade while the application is at work: it lands, and ends nobody's transaction. A plan goes unnoticed."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from tests.conftest import engine_of
from tests.support import command, lineage, scars, servers
from tests.support.history import HEAD
from tests.support.pasting import script
from tests.support.traffic import Customers, customers

STATE, SCAR = 18, "startup_rebuild_sold_since"
A_SECOND = 40
# On a busy machine customers take their time: more tries, none of which is longer.
PATIENCE = {"MIGRATION_LOCK_TIMEOUT": "30"}


@pytest.fixture(params=servers.available()[:1] + servers.available()[-1:])
def database(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[sa.Engine]:
    """A database of production's kind: a table that scripts rebuilt, with its copies, and rows in the busy tables."""
    server = server_of(request.param)
    name = f"traffic_{secrets.token_hex(4)}"
    engine = engine_of(server.create_database(name))
    lineage.build(engine, STATE, rows=5)
    scars.apply(engine, scars.get("postgresql", SCAR))
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO transacoes (cpf_comprador, nome_comprador, valor, evento_id, lista_id, codigo_transacao) "
            "SELECT n, 'x', 5, 1 + n %% 5, 1 + n %% 5, 'f' || n FROM generate_series(100, 20000) n"
        )
    yield engine
    engine.dispose()
    server.drop_database(name)


def dsn(engine: sa.Engine) -> str:
    return engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def counts(engine: sa.Engine) -> dict[str, int]:
    tables = {"sale": "vendas_pdv", "check_in": "checkins", "ticket": "transacoes", "sign_up": "usuarios"}
    with engine.connect() as connection:
        return {
            work: connection.exec_driver_sql(f"SELECT count(*) FROM public.{table}").scalar_one()
            for work, table in tables.items()
        }


def assert_nobody_was_hurt(met: Customers, before: dict[str, int], engine: sa.Engine) -> None:
    assert met.failed == []
    assert len(met.done) > 50
    # Everything that was sold is there.
    assert counts(engine) == {work: number + met.done.count(work) for work, number in before.items()}
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM public.alembic_version").scalar() == HEAD


def test_a_command_lands(database: sa.Engine) -> None:
    before = counts(database)
    with customers(dsn(database), A_SECOND) as met:
        time.sleep(2)
        ended = command.run(database.url, "upgrade", env=command.environment(database.url, **PATIENCE))
        time.sleep(1)
    assert ended.code == 0, ended.err
    assert_nobody_was_hurt(met, before, database)


def test_a_paste_lands(database: sa.Engine) -> None:
    before = counts(database)
    text = script("sql", **PATIENCE)
    with customers(dsn(database), A_SECOND) as met:
        time.sleep(2)
        with database.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql(text, execution_options={"no_parameters": True})
        time.sleep(1)
    assert_nobody_was_hurt(met, before, database)


def test_nobody_waits_behind_a_paste_that_waits(database: sa.Engine) -> None:
    """A report reads for seconds what the paste wants for itself: who comes after both is not held up as long."""
    before = counts(database)
    text = script("sql", **PATIENCE)
    with customers(dsn(database), A_SECOND / 4) as met, database.connect() as report:
        report.exec_driver_sql("SELECT count(*) FROM public.produtos")
        with ThreadPoolExecutor(1) as pool:
            autocommit = database.execution_options(isolation_level="AUTOCOMMIT").connect()
            pasted = pool.submit(autocommit.exec_driver_sql, text, execution_options={"no_parameters": True})
            time.sleep(6)
            assert not pasted.done()
            waited = max(met.waits)
            report.rollback()
            pasted.result()
            autocommit.close()
        time.sleep(8)
    assert waited < 2
    assert_nobody_was_hurt(met, before, database)


@pytest.mark.parametrize(("verb", "code"), [("upgrade", 0), ("repair", 1)])
def test_nobody_waits_for_a_plan(database: sa.Engine, verb: str, code: int) -> None:
    """It gives way to the first who waits, and tells what it can."""
    before = counts(database)
    with customers(dsn(database), A_SECOND) as met:
        time.sleep(2)
        usual = max(met.waits)
        ended = command.run(database.url, verb, "--plan")
        waited = max(met.waits)
        time.sleep(1)
    assert ended.code == code, ended.err
    assert "Not rehearsed: " in ended.out
    assert f"Nothing was changed. At a quieter time: make {verb} PLAN=1\n" in ended.out
    assert re.search("(?s)(Differs from head: .*|FAIL .*)produtos_pkey", ended.out)
    assert ended.out.endswith(f"Next: make {verb}\n")
    # What customers wait for each other on a busy machine, and half a second.
    assert waited < 3 * usual + 0.5
    assert met.failed == []
    assert counts(database) == {work: number + met.done.count(work) for work, number in before.items()}
