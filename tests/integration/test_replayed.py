"""A database that is filled by what another was sent is that other's equal, to the byte; anything there is heeded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import engine_of
from tests.support import lineage, replayed, servers, whole

STATES = [((22,), 0), ((1, 7, 22), 12), ((27,), 3)]


@pytest.fixture(autouse=True)
def none_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayed, "_KEPT", {})


def refuse(*_: Any, **__: Any) -> None:
    raise AssertionError("this one was to be replayed")


@pytest.mark.parametrize(("states", "rows"), STATES, ids=str)
def test_equal_on_postgresql(
    states: tuple[int, ...], rows: int, postgres: sa.Engine, server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = f"{postgres.url.database}_other"
    try:
        replay = engine_of(server.create_database(other))
        lineage.build(postgres, *states, rows=rows)
        monkeypatch.setattr(lineage, "_build", refuse)
        lineage.build(replay, *states, rows=rows)
        assert whole.of(replay, server) == whole.of(postgres, server)
    finally:
        server.drop_database(other)


@pytest.mark.parametrize(("states", "rows"), STATES, ids=str)
def test_equal_in_a_file(
    states: tuple[int, ...], rows: int, sqlite: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = engine_of(f"sqlite:///{tmp_path / 'other.db'}")
    lineage.build(sqlite, *states, rows=rows)
    monkeypatch.setattr(lineage, "_build", refuse)
    lineage.build(replay, *states, rows=rows)
    assert whole.of(replay, None) == whole.of(sqlite, None)


# What was there would be in the way of what is replayed, or would have been given rows as well.
@pytest.mark.parametrize(
    "there", ["CREATE TABLE eventos (id integer PRIMARY KEY)", "CREATE TABLE theirs (id integer PRIMARY KEY)"]
)
def test_what_is_there_is_built_upon(there: str, database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replayed, "_KEPT", {(database.dialect.name, "work"): []})
    done: list[str] = []
    with database.begin() as connection:
        connection.exec_driver_sql(there)
    replayed.once(database, "work", lambda: done.append(there))
    assert done == [there]


def test_another_work_is_another(database: sa.Engine) -> None:
    def work(name: str) -> Callable[[], None]:
        def make() -> None:
            with database.begin() as connection:
                connection.exec_driver_sql(f"CREATE TABLE {name} (id integer)")

        return make

    replayed.once(database, "one", work("one"))
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE one")
    replayed.once(database, "two", work("two"))
    assert sa.inspect(database).get_table_names() == ["two"]
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE two")
    replayed.once(database, "one", refuse)
    assert sa.inspect(database).get_table_names() == ["one"]


def test_what_failed_is_not_kept(database: sa.Engine) -> None:
    def fail() -> None:
        with database.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE one (id integer)")
            connection.exec_driver_sql("CREATE TABLE nothing_of_the_kind (")

    for _ in range(2):
        with pytest.raises(sa.exc.DBAPIError):
            replayed.once(database, "failing", fail)
    assert replayed._KEPT == {}
