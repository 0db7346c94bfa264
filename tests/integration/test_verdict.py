"""The statement an operator pastes judges as Python does, wherever and by whomever it is run.

That it finds each single drift is told in ``test_drift``, with the same database.
"""

import os
import re
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from homecoming import catalog
from homecoming.catalog.verdict import verdict_statement
from tests.integration.test_drift import create_head
from tests.support import history, lineage, servers
from tests.support.verdicts import assert_agrees, assert_helpers_agree, judge, rows


# As a deploy script has it: whatever is found ends the transaction.
@pytest.fixture(scope="module", params=servers.available(), ids="pg{}".format)
def upgraded(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> Iterator[sa.Engine]:
    """Return a database that was upgraded from empty; a test rolls back what it does to it."""
    server, name = server_of(request.param), f"verdict_{os.getpid()}"
    engine = sa.create_engine(server.create_database(name), poolclass=NullPool)
    history.upgrade(engine)
    yield engine
    server.drop_database(name)


def test_head_is_equal_to_head(upgraded: sa.Engine) -> None:
    with upgraded.connect() as connection:
        checks, verdict = judge(connection)
        number = catalog.fingerprint(catalog.read(connection))
        assert_helpers_agree(connection, [], catalog.read(connection))
    wanted = catalog.head("postgresql")
    assert verdict == ("verdict", number, number, "OK", "equal to head")
    assert number == catalog.fingerprint(wanted)
    assert {check[3:] for check in checks} == {("OK", "")}
    # A row a fact, a sequence's position, and the one column whose labels are folded.
    expected = {f"{kind} {name}" for kind, name in wanted}
    expected |= {f"position {fact.name}" for fact in wanted.of_kind("sequence")} | {"rows usuarios.tipo"}
    assert {check[0] for check in checks} == expected
    assert ("column usuarios.nome", "character varying(255) NOT NULL") in {check[:2] for check in checks}


@pytest.mark.parametrize(
    "settings",
    [
        "SET TRANSACTION READ ONLY",
        "SET search_path = ''",
        "SET standard_conforming_strings = off",
        "CREATE SCHEMA x; CREATE TABLE x.usuarios (id text); SET search_path = x, pg_catalog",
        "SET TIME ZONE 'Asia/Kathmandu'; SET DateStyle = 'German'; SET lc_messages = 'C'; SET IntervalStyle = iso_8601",
    ],
)
def test_whatever_the_session(upgraded: sa.Engine, settings: str) -> None:
    with upgraded.connect() as connection:
        connection.exec_driver_sql(settings)
        assert judge(connection)[1][3:] == ("OK", "equal to head")
        assert_agrees(connection, [], catalog.read(connection))


def test_as_an_owner_without_other_rights(postgres: sa.Engine) -> None:
    with postgres.connect() as connection:
        connection.exec_driver_sql(
            "CREATE ROLE dono NOSUPERUSER; GRANT ALL ON SCHEMA public TO dono; "
            f"ALTER DATABASE {postgres.url.database} OWNER TO dono; SET ROLE dono"
        )
        create_head(connection)
        connection.exec_driver_sql("INSERT INTO empresas (nome, cnpj, email) VALUES ('n', 'c', 'e')")
        checks, verdict = judge(connection)
        assert verdict[3:] == ("OK", "equal to head")
        assert ("position empresas_id_seq", "the next id above 1", "the next id 2", "OK", "") in checks


def test_as_somebody_without_any_rights(upgraded: sa.Engine) -> None:
    with upgraded.connect() as connection:
        connection.exec_driver_sql("CREATE ROLE estranho; SET ROLE estranho")
        findings = catalog.verify(connection)
        assert {finding.kind for finding in findings} == {"access"}
        assert_agrees(connection, findings, catalog.read(connection))


def test_an_empty_database(postgres: sa.Engine) -> None:
    with postgres.connect() as connection:
        findings = catalog.verify(connection)
        assert_agrees(connection, findings, catalog.read(connection))
        checks, verdict = judge(connection)
        tables = {check[0] for check in checks if check[1] == "TABLE"}
        assert tables == {f"table {name}" for name in catalog.head("postgresql").tables}
        assert verdict[3:] == ("FAIL", f"{len(findings)} differences")
        connection.exec_driver_sql("DROP SCHEMA public")
        assert judge(connection)[1][3] == "FAIL"


@pytest.mark.parametrize("states", [(1,), (27,), (1, 7, 22)], ids=str)
def test_a_database_before_its_upgrade(postgres: sa.Engine, states: tuple[int, ...]) -> None:
    """Many differences at once, tables and columns that are missing, and rows."""
    lineage.build(postgres, *states, rows=3)
    with postgres.connect() as connection:
        findings = catalog.verify(connection)
        assert len(findings) > 30
        assert_agrees(connection, findings, catalog.read(connection))


def test_no_plan_is_compiled(upgraded: sa.Engine) -> None:
    """Where PostgreSQL compiles what it thinks is dear, that took 3.8 s, and the query without it 0.07."""
    with upgraded.connect() as connection:
        ((limit,),) = rows(connection, "SHOW jit_above_cost")
        plan = rows(connection, f"EXPLAIN {verdict_statement()}")[0][0]
    cost = re.search(r"\.\.([0-9.]+) rows=", plan)
    assert cost is not None
    assert float(cost[1]) < float(limit) / 2


def test_pasted_with_the_line_ends_of_windows(upgraded: sa.Engine) -> None:
    with upgraded.connect() as connection:
        assert rows(connection, verdict_statement().replace("\n", "\r\n"))[-1][3:] == ("OK", "equal to head")


def test_what_head_does_not_know_is_no_failure(upgraded: sa.Engine) -> None:
    with upgraded.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE usuarios ADD x int; CREATE TABLE y ()")
        checks, verdict = judge(connection)
        assert verdict[1] != verdict[2]
    assert verdict[3:] == ("OK", "equal to head, beside what it does not know: 2 of it")
    assert [check[0] for check in checks[:2]] == ["table y", "column usuarios.x"]
    assert {check[3] for check in checks[:2]} == {"NOTE"}
