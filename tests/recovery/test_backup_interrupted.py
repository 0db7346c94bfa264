"""A backup and a restore that are ended at any moment: no half file under a final name, and the old database intact."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import manifest, place
from tests.conftest import engine_of
from tests.integration.backup.test_backup import address
from tests.integration.backup.test_restore import cells
from tests.support import command, lineage, servers

MOMENTS = tuple(tenth / 10 for tenth in range(2, 11))
SIGNALS = pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL], ids=lambda signum: signum.name)
BACKUPS = Path("backups")


@pytest.fixture
def server(server_of: Callable[[int], servers.Server]) -> servers.Server:
    return server_of(18)


@pytest.fixture(params=["pg18", "sqlite"])
def filled(request: pytest.FixtureRequest, server: servers.Server, sqlite: sa.Engine) -> Iterator[sa.Engine]:
    """A database with rows enough that its backup takes some time; what is left beside it goes afterwards."""
    name = f"ended_{os.getpid()}"
    engine = sqlite if request.param == "sqlite" else engine_of(server.create_database(name))
    lineage.build(engine, 18, rows=2)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE many (n integer, t text)")
        connection.execute(
            sa.text("INSERT INTO many VALUES (:n, :t)"), [{"n": n, "t": f"{n}" * 40} for n in range(20_000)]
        )
    yield engine
    if engine.dialect.name == "postgresql":
        for one in names(server, name):
            server.drop_database(one)


def names(server: servers.Server, name: str) -> list[str]:
    with server.connection("postgres") as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname ~ %s", [f"^({name}|homecoming_scratch_2)"])
        return [one for (one,) in cursor.fetchall()]


def seconds_of(engine: sa.Engine, *arguments: str) -> float:
    began = time.monotonic()
    assert command.run(engine.url, *arguments).code == 0
    return time.monotonic() - began


def ended(engine: sa.Engine, after: float, signum: signal.Signals, *arguments: str) -> int:
    process = command.start(engine.url, *arguments)
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.send_signal(signum)
    return command.end(process).code


@SIGNALS
def test_a_backup_is_whole_or_not_there(filled: sa.Engine, signum: signal.Signals) -> None:
    whole = seconds_of(filled, "backup")
    for moment in MOMENTS:
        for path in BACKUPS.iterdir():
            path.unlink()
        code = ended(filled, whole * moment, signum, "backup")
        there = sorted(BACKUPS.iterdir())
        final = [path for path in there if place.UNFINISHED not in path.name]
        for path in final:
            if not path.name.endswith(".json"):
                # Killed between the two names, it lacks its manifest, and is taken for no backup.
                assert signum == signal.SIGKILL or manifest.beside(path) in final
                assert not manifest.beside(path).exists() or place.sha256_of(path) == manifest.read(path).sha256
        if signum == signal.SIGINT:
            assert there == final
            # What came when all was done takes nothing away.
            assert len(final) in ((0, 2) if code else (2,))
    time.sleep(0.5)
    assert command.run(filled.url, "backup").code == 0
    assert not list(BACKUPS.glob(f"*{place.UNFINISHED}*"))


@SIGNALS
def test_a_restore_that_is_ended_leaves_the_old_one(
    filled: sa.Engine, signum: signal.Signals, server: servers.Server
) -> None:
    before = cells(filled)
    assert command.run(filled.url, "backup").code == 0
    (path,) = BACKUPS.glob("*.json")
    file = str(path.with_suffix(""))
    whole = seconds_of(filled, "restore", file)
    for moment in MOMENTS:
        with filled.begin() as connection:
            connection.exec_driver_sql("UPDATE many SET n = -1 WHERE n < 10")
        damaged = cells(filled)
        assert damaged != before
        code = ended(filled, whole * moment, signum, "restore", file)
        deadline = time.monotonic() + 10
        while True:
            # A server takes a moment to hear that its client is gone.
            try:
                now = cells(filled)
                break
            except sa.exc.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        assert now in ((before,) if code == 0 else (damaged, before))
    if filled.dialect.name == "postgresql" and signum == signal.SIGINT:
        assert not [name for name in names(server, str(filled.url.database)) if name.startswith("homecoming_scratch_")]
    assert address(filled)
