"""Whatever happens in between, the database is as it was or at head; the next run arrives, and no cell is lost.

Processes are killed, connections ended, disks filled, checks failed. The database is one that a script damaged and
that holds rows, so that most revisions have something to do.
"""

from __future__ import annotations

import resource
import signal
import subprocess
import time
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

import pytest
import sqlalchemy as sa

from homecoming import catalog
from homecoming.catalog import Finding, Severity
from homecoming.connection.failures import meaning
from homecoming.errors import FailedError
from homecoming.operations.operation import OPERATIONS, Operation
from homecoming.run import environment
from homecoming.run.check import Left
from tests.conftest import engine_of
from tests.support import command, history
from tests.support.damaged import Damaged
from tests.support.history import REVISIONS
from tests.support.interruptions import Interruptions

# Revisions said on standard output before the process is killed, or as much of the work on a server as they are of all,
# and seconds after that: 0 is before the first, LAST is the last, and what follows it is the check of the catalogue,
# the commit, and the end.
MOMENTS = [(0, 0.0), (1, 0.0), (2, 0.02), (3, 0.05), (5, 0.0), (12, 0.01), (15, 0.0), (18, 0.0), (20, 0.02), (21, 0.0)]
LAST = len(REVISIONS)
MOMENTS += [(LAST, 0.0), (LAST, 0.05), (LAST, 0.15)]


def run_until(url: sa.URL, revisions: int) -> subprocess.Popen[str]:
    """Start an upgrade and return when it has said so many revisions, or has ended before."""
    process = command.start(url, "upgrade")
    assert process.stdout is not None
    said = 0
    for line in process.stdout:
        said += line.startswith("-> ")
        if said == revisions:
            break
    return process


# Relations that a run on the damaged database has for itself at its end: more and more, as it goes.
LOCKED = 100
_LOCKED = sa.text(
    "SELECT count(DISTINCT relation) FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE datname = :name"
    " AND application_name = 'painel-migrations' AND mode = 'AccessExclusiveLock' AND granted"
)


def run_until_locked(damaged: Damaged, revisions: int) -> subprocess.Popen[str]:
    """The same on a server, where a run says what it did when all of it is done: by how much it has locked."""
    assert damaged.server is not None
    process = command.start(damaged.engine.url, "upgrade")
    with engine_of(damaged.server.url()).connect() as connection:
        while process.poll() is None:
            found = connection.execute(_LOCKED, {"name": damaged.engine.url.database}).scalar_one()
            connection.rollback()
            if found > LOCKED * revisions / LAST:
                break
    return process


def kill(process: subprocess.Popen[str], later: float) -> None:
    time.sleep(later)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize(("revisions", "later"), MOMENTS)
def test_killed_on_postgresql(
    on_postgresql: Damaged, revisions: int, later: float, interruptions: Interruptions
) -> None:
    with interruptions.one("killed, PostgreSQL"):
        kill(run_until_locked(on_postgresql, revisions), later)
        on_postgresql.wait_for_the_server()
        on_postgresql.assert_all_or_nothing()


@pytest.mark.parametrize(("revisions", "later"), MOMENTS)
def test_killed_on_sqlite(on_sqlite: Damaged, revisions: int, later: float, interruptions: Interruptions) -> None:
    with interruptions.one("killed, SQLite"):
        kill(run_until(on_sqlite.engine.url, revisions), later)
        on_sqlite.assert_all_or_nothing()


@pytest.mark.parametrize(("revisions", "attempts"), [(1, "1"), (5, "2"), (8, "1"), (12, "2")])
def test_connection_ended_by_the_server(
    on_postgresql: Damaged, revisions: int, attempts: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restart of the server, or an administrator's pg_terminate_backend: begun anew, as often as the settings say."""
    monkeypatch.setenv("MIGRATION_RUN_ATTEMPTS", attempts)
    process = run_until_locked(on_postgresql, revisions)
    assert on_postgresql.server is not None
    with engine_of(on_postgresql.server.url()).connect() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{on_postgresql.engine.url.database}' AND application_name = 'painel-migrations'"
        )
    ended = command.end(process)
    on_postgresql.wait_for_the_server()
    if attempts == "2":
        assert (ended.code, ended.err) == (0, "")
        assert any(
            line.startswith("the connection was lost: ") and line.endswith("; once more from the start")
            for line in ended.out.splitlines()
        )
        on_postgresql.assert_at_head()
        return
    assert ended.code == 3
    # The server's word for it, or libpq's where that did not arrive.
    reasons = ("terminating connection due to administrator command", "server closed the connection unexpectedly")
    todo = (
        "Nothing is half done. Run again; where it stays so: make doctor. "
        f"Or paste fix-{date.today()}.sql into the database's console, as said above"
    )
    assert ended.err in [f"Error: the connection was lost: {reason}\nNext: {todo}\n" for reason in reasons]
    on_postgresql.assert_as_it_was()
    on_postgresql.assert_all_or_nothing()


def test_interrupted_at_the_keyboard(on_sqlite: Damaged) -> None:
    process = run_until(on_sqlite.engine.url, 12)
    process.send_signal(signal.SIGINT)
    ended = command.end(process)
    assert (ended.code, ended.err) == (130, "Interrupted: rolled back, nothing was changed\n")
    on_sqlite.assert_as_it_was()


def test_statement_that_takes_too_long(on_postgresql: Damaged) -> None:
    environment = command.environment(on_postgresql.engine.url, MIGRATION_STATEMENT_TIMEOUT="0.001")
    ended = command.run(on_postgresql.engine.url, "upgrade", env=environment)
    assert ended.code == 6
    assert ended.err == (
        "Error: a statement was stopped: canceling statement due to statement timeout\n"
        "Next: Nothing was changed. If it was the timeout, set MIGRATION_STATEMENT_TIMEOUT higher; then run again\n"
    )
    on_postgresql.assert_as_it_was()


@pytest.mark.parametrize("pages", [1, 8, 20])
def test_disk_full(on_sqlite: Damaged, pages: int, interruptions: Interruptions) -> None:
    """The file may not grow by more than so many pages of 4096 bytes, which SQLite reports as it does a full disk."""
    size = Path(str(on_sqlite.engine.url.database)).stat().st_size // 4096

    def limit(driver: Any, _record: object) -> None:
        driver.execute(f"PRAGMA max_page_count = {size + pages}").fetchall()

    sa.event.listen(on_sqlite.engine, "connect", limit)
    with interruptions.one("disk full, SQLite"):
        with pytest.raises(sa.exc.OperationalError) as caught:
            history.upgrade(on_sqlite.engine)
        assert (meaning(caught.value).what, meaning(caught.value).exit_code) == ("the disk is full", 6)
        sa.event.remove(on_sqlite.engine, "connect", limit)
        on_sqlite.assert_as_it_was()
        on_sqlite.assert_all_or_nothing()


def test_file_that_may_not_grow(on_sqlite: Damaged) -> None:
    """A quota: the write itself fails, in the file or in the journal beside it.

    What Python compiled would be cut off as well, and the next process would read it: none is written.
    """
    size = Path(str(on_sqlite.engine.url.database)).stat().st_size

    def quota() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 8192, size + 8192))

    env = command.environment(on_sqlite.engine.url, PYTHONDONTWRITEBYTECODE="1")
    ended = command.run(on_sqlite.engine.url, "upgrade", preexec_fn=quota, env=env)
    assert ended.code == 6
    assert ended.err.startswith("Error: ")
    assert len(ended.err.splitlines()) == 2
    on_sqlite.assert_all_or_nothing()


def test_failed_check_before_the_commit(damaged: Damaged, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue is compared with head while the transaction can still be undone."""
    name = "produtos.idx_produtos_nome"
    finding = Finding("index", name, "btree (nome)", "nothing", severity=Severity.FAIL, why="Missing.", run="")
    monkeypatch.setattr(catalog, "verify", lambda *_: [finding] * 7)
    # A state that has head's number is not read again.
    monkeypatch.setattr(environment, "left_by", lambda migration, **_: Left(migration.get_current_heads()))
    with pytest.raises(FailedError) as caught:
        history.upgrade(damaged.engine)
    assert caught.value.what == (
        "the schema would not be what the application needs: " + "; ".join([f"index {name}"] * 5) + " and 2 more"
    )
    assert caught.value.todo == (
        "Nothing was changed. make repair goes through earlier revisions again; where it does not help, report it"
    )
    damaged.assert_as_it_was()
    monkeypatch.undo()
    damaged.assert_all_or_nothing()


def test_defect_in_the_last_revision(damaged: Damaged, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error, after everything was done but the commit."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise ZeroDivisionError

    monkeypatch.setitem(OPERATIONS, "ensure_index", Operation("ensure_index", fail))
    with pytest.raises(ZeroDivisionError):
        history.upgrade(damaged.engine)
    damaged.assert_as_it_was()
    monkeypatch.undo()
    damaged.assert_all_or_nothing()
