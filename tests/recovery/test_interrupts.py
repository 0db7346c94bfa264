"""Ctrl-C and SIGTERM: whatever the command waits for, it ends soon, and what it says of the database is so."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator

import alembic.command
import pytest
import sqlalchemy as sa

from homecoming.connection.interrupts import CancellationToken, Stage
from homecoming.connection.locks import lock_key
from homecoming.errors import Refused
from tests.conftest import engine_of
from tests.support import command, history, lineage, servers, whole
from tests.support.proxy import Action, Fault, Moment, Proxy

ROWS = 6

WITHIN = 20.0
"""Seconds: two are promised, on a machine that has time; what is waited for would take a minute at least."""

PATIENT = {
    "MIGRATION_CONNECT_TIMEOUT": "100",
    "MIGRATION_CONNECT_LIMIT": "100",
    "MIGRATION_LOCK_TIMEOUT": "100",
    "MIGRATION_LOCK_WAIT": "100",
}
ROLLED_BACK = "Interrupted: rolled back, nothing was changed\n"
SIGNALS = pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=lambda signum: signum.name)


@pytest.fixture
def server(server_of: Callable[[int], servers.Server]) -> servers.Server:
    """One version: what is asked here is the same on all."""
    return server_of(18)


@pytest.fixture
def database(server: servers.Server) -> Iterator[sa.Engine]:
    name = f"interrupts_{os.getpid()}"
    engine = engine_of(server.create_database(name))
    lineage.build(engine, 18, rows=ROWS)
    yield engine
    server.drop_database(name)


def started(url: sa.URL, **variables: str) -> subprocess.Popen[str]:
    return command.start(url, "upgrade", env=command.environment(url, **(PATIENT | variables)))


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + command.WITHIN
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def interrupted(process: subprocess.Popen[str], signum: signal.Signals, said: str = ROLLED_BACK) -> None:
    """Send the signal; the process ends in time with its code, and says so in one line."""
    process.send_signal(signum)
    began = time.monotonic()
    ended = command.end(process)
    assert time.monotonic() - began < WITHIN
    assert (ended.code, ended.err) == (128 + signum, said)


def sessions(server: servers.Server, engine: sa.Engine, condition: str = "true") -> int:
    with engine_of(server.url()).connect() as connection:
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{engine.url.database}' AND {condition}"
        return int(connection.exec_driver_sql(query).scalar_one())


@SIGNALS
def test_while_a_server_is_silent(server: servers.Server, database: sa.Engine, signum: signal.Signals) -> None:
    with Proxy(server.port, Fault(Moment.ACCEPTED, Action.STALL)) as proxy:
        process = started(database.url.set(port=proxy.port))
        wait_for(lambda: proxy.struck)
        interrupted(process, signum)


@SIGNALS
def test_between_two_attempts(signum: signal.Signals) -> None:
    url = sa.make_url("postgresql://painel@127.0.0.1:1/eventos")
    process = started(url, MIGRATION_CONNECT_ATTEMPTS="1000")
    assert process.stdout is not None
    for number, _ in enumerate(process.stdout):
        if number == 2:
            break
    interrupted(process, signum)


@SIGNALS
def test_in_the_middle_of_a_run(server: servers.Server, database: sa.Engine, signum: signal.Signals) -> None:
    """The server has sent what the client waits for, and the network does not bring it."""
    before = whole.of(database, server)
    with Proxy(server.port, Fault(Moment.SERVER_MESSAGE, Action.STALL, number=200)) as proxy:
        process = started(database.url.set(port=proxy.port))
        wait_for(lambda: proxy.struck)
        interrupted(process, signum)
    wait_for(lambda: not sessions(server, database))
    assert whole.of(database, server) == before


@SIGNALS
def test_while_a_table_is_held(server: servers.Server, database: sa.Engine, signum: signal.Signals) -> None:
    """The statement that waits ends on the server, too: nothing goes on that nobody reads."""
    with database.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE")
        process = started(database.url)
        wait_for(lambda: sessions(server, database, "wait_event_type = 'Lock'"))
        interrupted(process, signum)
        wait_for(lambda: sessions(server, database) == 1)
    assert not sa.inspect(database).has_table("alembic_version")


def test_while_another_run_is_at_work(server: servers.Server, database: sa.Engine) -> None:
    with database.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        process = started(database.url)
        wait_for(lambda: sessions(server, database, "wait_event_type = 'Lock'"))
        interrupted(process, signal.SIGTERM)


def test_while_the_answer_to_the_commit_is_awaited(server: servers.Server, database: sa.Engine) -> None:
    """Nobody can know from here whether it arrived, and nobody says so. Here it did."""
    with Proxy(server.port, Fault(Moment.COMMITTED, Action.STALL)) as proxy:
        process = started(database.url.set(port=proxy.port))
        wait_for(lambda: proxy.struck)
        interrupted(
            process,
            signal.SIGINT,
            "Interrupted: the commit was under way: make status tells whether it arrived\n",
        )
    history.upgrade(database)


@SIGNALS
def test_while_a_file_is_held(sqlite: sa.Engine, signum: signal.Signals) -> None:
    lineage.build(sqlite, 18, rows=ROWS)
    before = whole.of(sqlite, None)
    with sqlite.begin():
        process = started(sqlite.url)
        # It says nothing until it has the file: that it is there is seen by its open files.
        file = str(sqlite.url.database)
        wait_for(lambda: file in open_files(process))
        time.sleep(0.3)
        interrupted(process, signum)
    assert whole.of(sqlite, None) == before


def open_files(process: subprocess.Popen[str]) -> list[str]:
    folder = f"/proc/{process.pid}/fd"
    found = []
    for name in os.listdir(folder):  # noqa: PTH208  numbers, which may be gone when they are read
        try:
            found.append(os.readlink(f"{folder}/{name}"))  # noqa: PTH115
        except OSError:
            continue
    return found


@SIGNALS
def test_in_the_middle_of_a_run_on_a_file(sqlite: sa.Engine, signum: signal.Signals) -> None:
    lineage.build(sqlite, 18, rows=ROWS)
    before = whole.of(sqlite, None)
    process = started(sqlite.url)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("-> 0012"):
            break
    interrupted(process, signum)
    assert whole.of(sqlite, None) == before


def test_a_second_signal_does_not_end_the_rollback(server: servers.Server, database: sa.Engine) -> None:
    """An impatient user presses twice; a platform sends SIGTERM after the user's Ctrl-C."""
    with Proxy(server.port, Fault(Moment.SERVER_MESSAGE, Action.STALL, number=200)) as proxy:
        process = started(database.url.set(port=proxy.port))
        wait_for(lambda: proxy.struck)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        ended = command.end(process)
    # The second one may come when all is said and done, and the process about to end anyway.
    assert (ended.code in (130, 143, -signal.SIGTERM), ended.err) == (True, ROLLED_BACK)


def test_nothing_is_committed_once_the_end_has_come(sqlite: sa.Engine) -> None:
    """The start-up hook has returned False, and the application serves: the thread left behind must not commit."""
    token = CancellationToken()
    token.cancel()
    with pytest.raises(ConnectionAbortedError):
        token.committing()
    made = history.config(sqlite)
    made.attributes["token"] = token
    with pytest.raises(ConnectionAbortedError):
        alembic.command.upgrade(made, "head")
    assert token.stage is Stage.UNCHANGED
    assert sa.inspect(sqlite).get_table_names() == []


def test_a_look_under_the_lock_ends_the_doubt(sqlite: sa.Engine) -> None:
    """An earlier commit had no answer; this run looked, and is refused afterwards: nothing is in doubt any more."""
    lineage.build(sqlite, 18, rows=ROWS)
    with sqlite.begin() as connection:
        connection.exec_driver_sql("UPDATE usuarios SET tipo = 'operador'")
    token = CancellationToken()
    token.committing()
    made = history.config(sqlite)
    made.attributes["token"] = token
    with pytest.raises(Refused):
        alembic.command.upgrade(made, "head")
    assert token.stage is Stage.UNCHANGED
