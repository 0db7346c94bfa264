"""One look: what a role may not see is not taken for nothing, a held table is waited for, and nothing is changed."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from homecoming.monitoring.alerts.facts import facts
from homecoming.monitoring.health import healthy, judge
from homecoming.monitoring.metrics import exposition
from homecoming.monitoring.snapshot import Vitals
from homecoming.monitoring.take_snapshot import take_snapshot
from homecoming.monitoring.vitals import vitals
from homecoming.settings import read_settings
from tests.support import conservation, history, lineage
from tests.support.proxy import Action, Fault, Moment, Proxy


@pytest.fixture
def reader(postgres: sa.Engine) -> Iterator[str]:
    """A role that may use the application's tables, and neither the history nor what is retired."""
    name = f"app_{os.getpid()}"
    lineage.build(postgres, 16, rows=5)
    history.upgrade(postgres)
    with postgres.begin() as connection:
        for statement in (
            f"CREATE ROLE {name} LOGIN",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {name}",
            f"GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {name}",
            f"REVOKE ALL ON migration_history FROM {name}",
        ):
            connection.exec_driver_sql(statement)
    yield name
    with postgres.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {name}")
        connection.exec_driver_sql(f"DROP ROLE {name}")


def test_what_a_role_may_not_see_is_not_nothing(
    postgres: sa.Engine, reader: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url.set(username=reader).render_as_string(hide_password=False))
    seen = take_snapshot(read_settings())
    checks = judge(seen)
    assert (seen.problem, seen.drift, seen.hidden) == (None, (), frozenset({"lines", "retired"}))
    assert healthy(checks)
    assert next(check.state for check in checks if check.name == "edited") == "unknown"
    text = exposition(seen, checks).decode()
    assert "painel_retired_rows" not in text
    assert "painel_edited_revisions" not in text
    assert facts(seen)["edited"] is None

    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    seen = take_snapshot(read_settings())
    assert (seen.hidden, bool(seen.lines), bool(seen.retired)) == (frozenset(), True, True)
    assert "painel_retired_rows" in exposition(seen, judge(seen)).decode()


def test_a_table_that_is_held_is_a_problem_and_not_a_wait(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    history.at_head(postgres)
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MIGRATION_LOCK_TIMEOUT", "0.2")
    with postgres.begin() as other:
        other.exec_driver_sql("LOCK usuarios IN ACCESS EXCLUSIVE MODE")
        seen = take_snapshot(read_settings())
    assert seen.problem is not None
    assert seen.problem.exit_code == 5
    assert not healthy(judge(seen))


def test_a_look_can_write_nothing(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever comes to be asked in one: here something that writes."""

    def writing(connection: sa.Connection) -> Vitals:
        connection.exec_driver_sql("UPDATE usuarios SET nome = 'x'")
        return vitals(connection)

    history.at_head(database)
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    assert take_snapshot(read_settings()).problem is None
    monkeypatch.setattr("homecoming.monitoring.take_snapshot.vitals", writing)
    assert take_snapshot(read_settings()).problem is not None


def test_a_file_that_is_written_can_be_looked_at(sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    history.at_head(sqlite)
    monkeypatch.setenv("DATABASE_URL", str(sqlite.url))
    before = conservation.take(sqlite)
    with sqlite.begin():
        assert take_snapshot(read_settings()).problem is None
    assert conservation.take(sqlite) == before


def test_a_server_that_falls_silent_in_the_middle_of_a_look_is_a_problem_and_not_a_wait(
    postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    history.at_head(postgres)
    assert postgres.url.port is not None
    monkeypatch.setattr("homecoming.monitoring.take_snapshot.WITHIN", 1.5)
    with Proxy(postgres.url.port, Fault(Moment.SERVER_MESSAGE, Action.STALL, number=60)) as proxy:
        monkeypatch.setenv("DATABASE_URL", postgres.url.set(port=proxy.port).render_as_string(hide_password=False))
        seen = take_snapshot(read_settings())
        assert proxy.struck == 1
    assert seen.problem is not None
    assert (seen.problem.exit_code, seen.problem.what) == (3, "the database has not answered within 1.5 seconds")
    assert not healthy(judge(seen))
