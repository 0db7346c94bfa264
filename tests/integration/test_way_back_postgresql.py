"""The way back of a PostgreSQL database: the rows written meanwhile stay, and each revision is undone by itself.

That it comes back as it was found, test_convergence.py asks of every state and every scar.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from alembic import command

from homecoming.catalog import Severity, verify
from tests.conftest import VERSIONS
from tests.integration.test_convergence import EMPTY, STATES, copied, damaged, name, places
from tests.integration.test_way_back_sqlite import LAYERED, UP
from tests.support import conservation, history, lineage, pasting, scars, servers, way_back
from tests.support.way_back_postgresql import differences, not_there, take


def comes_back(server: servers.Server, engine: sa.Engine) -> None:
    """Go up, write as the application would, back with the rows, and up again."""
    origin = conservation.take(engine)
    history.upgrade(engine)
    written = way_back.write(engine)
    history.downgrade(engine, "base")
    assert conservation.missing(origin, engine) == []
    assert not_there(engine, written) == []
    history.upgrade(engine)
    with engine.connect() as connection:
        assert [finding for finding in verify(connection) if finding.severity is Severity.FAIL] == []
    assert conservation.missing(origin, engine) == []
    assert not_there(engine, written) == []


def some_scars() -> list[tuple[scars.Scar, int]]:
    """Every sixth place, the same ones each time: SQLite has every second."""
    return [(scar, state) for scar, state in places("postgresql") if scar.refused is None][::6]


def version_of(request: pytest.FixtureRequest) -> int:
    """Of the versions each case has one, the same on every run."""
    return VERSIONS[len(request.node.name) % len(VERSIONS)]


@pytest.fixture
def server(request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server]) -> servers.Server:
    return server_of(version_of(request))


@pytest.mark.parametrize("state", STATES)
def test_every_state(state: int, server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (state,))
    comes_back(server, postgres)


@pytest.mark.parametrize("states", LAYERED, ids=str)
def test_states_over_one_another(states: tuple[int, ...], server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, states)
    comes_back(server, postgres)


@pytest.mark.parametrize("states", EMPTY, ids=str)
def test_tables_without_rows(states: tuple[int, ...], server: servers.Server, postgres: sa.Engine) -> None:
    lineage.build(postgres, *states)
    found = take(server, postgres)
    history.upgrade(postgres)
    history.downgrade(postgres, "base")
    assert differences(server, postgres, found) == []


@pytest.mark.parametrize(("scar", "state"), some_scars(), ids=name)
def test_some_scars(scar: scars.Scar, state: int, server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (state,), (scar,))
    comes_back(server, postgres)


def test_back_to_each_revision_it_is_as_when_it_was_reached(server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (13, 16))
    reached = {"base": take(server, postgres)}
    for revision in UP:
        history.upgrade(postgres, revision)
        reached[revision] = take(server, postgres)
    for revision in reversed(["base", *UP[:-1]]):
        history.downgrade(postgres, revision)
        lines = [line for line in differences(server, postgres, reached[revision]) if "retired" not in line]
        assert lines == [], revision


def test_what_stood_before_stays(server: servers.Server, postgres: sa.Engine) -> None:
    """Found at 22 and taken back to 17: no earlier revision had anything to do, so nothing of theirs is undone."""
    damaged(postgres, (22,))
    found = take(server, postgres)
    history.upgrade(postgres)
    history.downgrade(postgres, "0017")
    assert differences(server, postgres, found) == []


def test_a_schema_nobody_upgraded(server: servers.Server, postgres: sa.Engine) -> None:
    """`create_all()` and a stamp: nothing was done, so nothing is undone."""
    damaged(postgres, (22,))
    found = take(server, postgres)
    command.stamp(history.config(postgres), "0021")
    history.downgrade(postgres, "base")
    assert differences(server, postgres, found) == []


def test_the_same_by_paste_and_rollback_script(server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (18,), (scars.get("postgresql", "startup_rebuild_sold_since"),))
    found = take(server, postgres)
    with copied(server, postgres) as copy:
        pasting.paste(copy, pasting.script("sql"))
        pasting.paste(copy, pasting.script("sql-rollback", "--to", "base"))
        assert differences(server, copy, found) == []
        # What a command did a pasted script undoes, and the other way round.
        history.upgrade(copy)
        pasting.paste(copy, pasting.script("sql-rollback", "--to", "0017"))
        history.downgrade(copy, "base")
        assert differences(server, copy, found) == []


def test_a_second_run_from_the_start_is_undone_first(server: servers.Server, postgres: sa.Engine) -> None:
    damaged(postgres, (14,))
    found = take(server, postgres)
    history.upgrade(postgres)
    with postgres.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_usuarios_cpf")
        connection.exec_driver_sql("CREATE INDEX somebodys ON usuarios (telefone)")
        connection.exec_driver_sql("DELETE FROM alembic_version")
    history.upgrade(postgres)
    history.downgrade(postgres, "base")
    lines = differences(server, postgres, found)
    assert [line for line in lines if "somebodys" not in line and "ix_usuarios_cpf" not in line] == []
