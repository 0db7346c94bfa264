"""Convergence and conservation: whatever a database went through, it ends at the same schema, and no cell is lost."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from homecoming.catalog import Severity, verify
from homecoming.errors import Refused
from tests.conftest import VERSIONS, engine_of
from tests.support import conservation, history, lineage, pasting, scars, servers, way_back, way_back_postgresql, whole

ROWS = 12
STATES = range(1, scars.LAST_STATE + 1)
# The first, the last, and from in between a day each of the large changes.
SOME_STATES = (1, 11, 18, 22, 27)
# A dump whose rows break a key that was there all the same: the key comes back, and is not asked to hold for them, or
# the rows that it refers to stay.
BROKEN_WHEN_FOUND = {"row_in_another_copy", "rows_in_several_copies"}


def damaged(engine: sa.Engine, states: tuple[int, ...], wounds: tuple[scars.Scar, ...] = ()) -> None:
    """Build the states one over the other, with rows, then inflict the scars."""
    lineage.build(engine, *states, rows=ROWS)
    for scar in wounds:
        scars.apply(engine, scar)


def comes_home(engine: sa.Engine) -> None:
    """Upgrade, and look that everything is there: twice, since again must be free."""
    before = conservation.take(engine)
    history.upgrade(engine)
    with engine.connect() as connection:
        drift = [finding for finding in verify(connection) if finding.severity is Severity.FAIL]
    assert drift == []
    assert conservation.missing(before, engine) == []
    history.upgrade(engine)


def comes_home_by_paste(copy: sa.Engine, server: servers.Server, upgraded: sa.Engine) -> str:
    """Paste the console script into a copy made before the upgrade: what it leaves is what the upgrade left.

    Returns the schema of both, as `dump_schema` says it.
    """
    pasting.paste(copy, pasting.script("sql"))
    schema = server.dump_schema(str(upgraded.url.database))
    assert server.dump_schema(str(copy.url.database)) == schema
    assert pasting.differing_tables(copy, upgraded) == []
    assert "nothing to do" in pasting.paste(copy, pasting.script("sql"))[-1]
    return schema


def goes_back(engine: sa.Engine, found: way_back.Found) -> None:
    """Take a SQLite file back to base: it has all that it was found with, and nothing else."""
    history.downgrade(engine, "base")
    assert way_back.differences(found, way_back.take(engine)) == []
    assert [table for table in sa.inspect(engine).get_table_names() if table.startswith("retired_")] == []


def goes_back_on(
    server: servers.Server, engine: sa.Engine, found: way_back_postgresql.Found, pasted: bool = False
) -> None:
    """Take a database back to base, by the command or by the pasted script; as goes_back()."""
    if pasted:
        pasting.paste(engine, pasting.script("sql-rollback", "--to", "base"))
    else:
        history.downgrade(engine, "base")
    assert way_back_postgresql.differences(server, engine, found) == []
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT to_regnamespace('retired')").scalar() is None


def stays_by_paste(copy: sa.Engine, server: servers.Server, refused: str) -> None:
    """Paste the console script, be refused with the message of the upgrade, and find everything as it was."""
    before = whole.of(copy, server)
    with pytest.raises(psycopg2.Error, match=re.escape(refused)) as caught:
        pasting.paste(copy, pasting.script("sql"))
    assert caught.value.diag.message_hint
    assert whole.of(copy, server) == before


@contextlib.contextmanager
def copied(server: servers.Server, engine: sa.Engine) -> Iterator[sa.Engine]:
    """A copy of a PostgreSQL database as it is now."""
    name = f"{engine.url.database}_copy"
    try:
        yield engine_of(server.create_database(name, template=str(engine.url.database)))
    finally:
        server.drop_database(name)


def stays(engine: sa.Engine, refused: str) -> None:
    """Upgrade, be refused with the message, and find everything as it was."""
    before = conservation.take(engine)
    tables = set(sa.inspect(engine).get_table_names())
    with pytest.raises(Refused) as caught:
        history.upgrade(engine)
    assert refused in caught.value.what
    assert set(sa.inspect(engine).get_table_names()) == tables
    assert conservation.take(engine) == before


def states_and_versions() -> list[tuple[int, int]]:
    """Every state on the wheel's versions; some on another that the machine has, such as Debian's 15."""
    found = [(state, version) for state in STATES for version in VERSIONS]
    others = [version for version in servers.available() if version not in VERSIONS]
    return found + [(state, version) for state in SOME_STATES for version in others]


@pytest.mark.parametrize(("state", "server"), states_and_versions(), indirect=["server"], ids=str)
def test_every_state_on_postgresql(
    state: int, server: servers.Server, postgres: sa.Engine, head_dump: Callable[[int], str]
) -> None:
    damaged(postgres, (state,))
    found = way_back_postgresql.take(server, postgres)
    with copied(server, postgres) as copy:
        comes_home(postgres)
        assert comes_home_by_paste(copy, server, postgres) == head_dump(server.version)
        if server.version == VERSIONS[0]:
            goes_back_on(server, postgres, found)
        else:
            goes_back_on(server, copy, found, pasted=True)


@pytest.mark.parametrize("state", STATES)
def test_every_state_on_sqlite(state: int, sqlite: sa.Engine) -> None:
    damaged(sqlite, (state,))
    found = way_back.take(sqlite)
    comes_home(sqlite)
    goes_back(sqlite, found)


# Tables from each day that one was made, renamed or taken away, none with a row: a fresh `create_all()`.
EMPTY = [(1,), (11,), (13,), (16,), (19,), (20,), (22,), (27,), (13, 22), (16, 20, 22)]


@pytest.mark.parametrize("states", EMPTY, ids=str)
def test_tables_without_rows(states: tuple[int, ...], database: sa.Engine) -> None:
    """What is made for tables that hold nothing must not lean on others that are gone by then."""
    lineage.build(database, *states)
    comes_home(database)


def test_a_schema_at_head_that_nobody_noted(database: sa.Engine) -> None:
    """`create_all()` of today's models in an empty database, or a dump restored without its version."""
    history.at_head(database)
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
    comes_home(database)


def places(dialect: str) -> list[tuple[scars.Scar, int]]:
    """Each scar on the first and the last state it can follow."""
    return [(scar, state) for scar in scars.load(dialect) for state in sorted({min(scar.needs), max(scar.needs)})]


def name(value: object) -> str:
    return value.name if isinstance(value, scars.Scar) else str(value)


# The versions in turn: each scar that has two states meets both.
@pytest.mark.parametrize(
    ("scar", "state", "version"),
    [(*place, version) for place, version in zip(places("postgresql"), itertools.cycle(VERSIONS), strict=False)],
    ids=name,
)
def test_every_scar_on_postgresql(
    scar: scars.Scar,
    state: int,
    version: int,
    server_of: Callable[[int], servers.Server],
    head_dump: Callable[[int], str],
) -> None:
    server = server_of(version)
    database = f"scar_{os.getpid()}"
    engine = engine_of(server.create_database(database))
    try:
        damaged(engine, (state,), (scar,))
        with copied(server, engine) as copy:
            if scar.refused is not None:
                stays(engine, scar.refused)
                stays_by_paste(copy, server, scar.refused)
                return
            before = server.dump_schema(database)
            found = way_back_postgresql.Found(
                way_back_postgresql.definitions(before), way_back_postgresql.cells(engine)
            )
            comes_home(engine)
            assert_home(comes_home_by_paste(copy, server, engine), before, head_dump(version))
            if scar.name not in BROKEN_WHEN_FOUND:
                pasted = version == VERSIONS[0]
                goes_back_on(server, copy if pasted else engine, found, pasted)
    finally:
        server.drop_database(database)


@pytest.mark.parametrize(("scar", "state"), places("sqlite"), ids=name)
def test_every_scar_on_sqlite(scar: scars.Scar, state: int, sqlite: sa.Engine) -> None:
    damaged(sqlite, (state,), (scar,))
    if scar.refused is not None:
        stays(sqlite, scar.refused)
        return
    found = way_back.take(sqlite)
    comes_home(sqlite)
    goes_back(sqlite, found)


def parts(dump: str) -> dict[str, set[str]]:
    """A dump's objects: the lines of each, by its header."""
    found = {}
    for part in dump.split("-- Name: ")[1:]:
        header, *lines = part.strip().splitlines()
        found[header] = {line.rstrip(",") for line in lines}
    return found


def assert_home(after: str, before: str, head: str) -> None:
    """Every object of head is there; what else there is was there before: a view, an unknown table or column."""
    live, known, past = parts(after), parts(head), parts(before)
    assert known.keys() <= live.keys()
    assert live.keys() - known.keys() <= past.keys()
    for header, lines in known.items():
        assert lines <= live[header]
        assert live[header] - lines <= past.get(header, set())


@st.composite
def lives(draw: st.DrawFn, dialect: str) -> tuple[tuple[int, ...], tuple[scars.Scar, ...]]:
    """A database's life: states layered in any order, then scars that can follow them and one another, in any order."""
    states = tuple(draw(st.lists(st.sampled_from(STATES), min_size=1, max_size=4, unique=True)))
    possible = [scar for scar in scars.load(dialect) if scar.refused is None and scar.applicable(states)]
    wounds: list[scars.Scar] = []
    for scar in draw(st.lists(st.sampled_from(possible), max_size=4, unique_by=str)) if possible else []:
        # Two scars that expect the same table untouched cannot both be first.
        if not any(set(scar.touches) & set(other.touches) for other in wounds):
            wounds.append(scar)
    return states, tuple(wounds)


@given(life=lives("postgresql"), version=st.sampled_from((16, 18)))
def test_any_life_on_postgresql(
    life: tuple[tuple[int, ...], tuple[scars.Scar, ...]],
    version: int,
    server_of: Callable[[int], servers.Server],
) -> None:
    server = server_of(version)
    database = f"life_{os.getpid()}"
    server.drop_database(database)
    engine = engine_of(server.create_database(database))
    damaged(engine, *life)
    found = way_back_postgresql.take(server, engine)
    with copied(server, engine) as copy:
        comes_home(engine)
        comes_home_by_paste(copy, server, engine)
        if not BROKEN_WHEN_FOUND & {scar.name for scar in life[1]}:
            goes_back_on(server, engine, found)


@given(life=lives("sqlite"))
def test_any_life_on_sqlite(
    life: tuple[tuple[int, ...], tuple[scars.Scar, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    engine = engine_of(f"sqlite:///{Path(tmp_path_factory.mktemp('life')) / 'eventos.db'}")
    damaged(engine, *life)
    found = way_back.take(engine)
    comes_home(engine)
    goes_back(engine, found)
