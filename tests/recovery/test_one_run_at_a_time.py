"""Replicas that start at once, and sessions that hold what a run needs: one applies, nobody waits for ever."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from painel_migrations.catalog import Severity, verify
from painel_migrations.connection.locks import LOCK_KEY
from painel_migrations.connection.meaning import WHO_BLOCKS
from tests.support import command, conservation, lineage

ROWS = 6
DONE = "Done: at 0022 after 22 revisions, "
NOTHING = "At 0022: nothing to do"


def assert_one_applies(engine: sa.Engine, processes: int) -> None:
    """Start so many upgrades at once: all succeed, one has something to do."""
    before = conservation.take(engine)
    started = [command.start(engine.url, "upgrade") for _ in range(processes)]
    ended = [command.end(process) for process in started]
    assert [(end.code, end.err) for end in ended] == [(0, "")] * processes
    last = [end.out.splitlines()[-1] for end in ended]
    assert sum(line.startswith(DONE) for line in last) == 1
    assert last.count(NOTHING) == processes - 1
    with engine.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
    assert conservation.missing(before, engine) == []


def test_eight_on_postgresql(postgres: sa.Engine) -> None:
    lineage.build(postgres, 18, rows=ROWS)
    assert_one_applies(postgres, 8)


def test_four_on_sqlite(sqlite: sa.Engine) -> None:
    lineage.build(sqlite, 18, rows=ROWS)
    assert_one_applies(sqlite, 4)


def test_four_on_a_file_that_is_not_there_yet(sqlite: sa.Engine) -> None:
    started = [command.start(sqlite.url, "upgrade") for _ in range(4)]
    ended = [command.end(process) for process in started]
    assert [(end.code, end.err) for end in ended] == [(0, "")] * 4
    assert sum(DONE in end.out for end in ended) == 1


def test_table_held_by_another_session(postgres: sa.Engine) -> None:
    """The application's longest query must not make a deploy hang: it gives up, with nothing changed."""
    lineage.build(postgres, 18, rows=ROWS)
    before = conservation.take(postgres)
    environment = command.environment(postgres.url, MIGRATION_LOCK_TIMEOUT="0.5")
    with postgres.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE")
        began = time.monotonic()
        ended = command.run(postgres.url, "upgrade", env=environment)
        # The rest is the interpreter's start and the revisions before the first that needs the table.
        assert time.monotonic() - began < 30
        assert (ended.code, ended.err) == (
            5,
            (
                "Error: a table this run has to change is held by another session\n"
                f"Next: Nothing was changed. End the other session, then run again. See it: {WHO_BLOCKS}\n"
            ),
        )
        holding.rollback()
    assert conservation.take(postgres) == before
    assert not sa.inspect(postgres).has_table("alembic_version")


@pytest.mark.parametrize("wait", ["0", "0.5"])
def test_lock_held_by_a_run_that_hangs(postgres: sa.Engine, wait: str) -> None:
    environment = command.environment(postgres.url, MIGRATION_LOCK_WAIT=wait)
    with postgres.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
        ended = command.run(postgres.url, "upgrade", env=environment)
    assert (ended.code, ended.err) == (
        5,
        (
            f"Error: another run holds the lock for more than {wait} s\n"
            "Next: Wait for it, then run again. See it: SELECT pid, query_start FROM pg_stat_activity "
            "WHERE application_name = 'painel-migrations'\n"
        ),
    )
    assert sa.inspect(postgres).get_table_names() == []


def test_file_held_by_another_process(sqlite: sa.Engine) -> None:
    lineage.build(sqlite, 18, rows=ROWS)
    file = Path(str(sqlite.url.database))
    before = file.read_bytes()
    environment = command.environment(sqlite.url, MIGRATION_LOCK_WAIT="0.3")
    with sqlite.begin():
        ended = command.run(sqlite.url, "upgrade", env=environment)
    assert (ended.code, ended.err) == (
        5,
        (
            "Error: another process holds the file\n"
            "Next: Close the application or wait for the other run, then run again\n"
        ),
    )
    assert file.read_bytes() == before


def test_a_reader_of_the_file_is_waited_for(sqlite: sa.Engine) -> None:
    """The application reads while an upgrade wants to commit: the upgrade waits until it has done."""
    lineage.build(sqlite, 18, rows=ROWS)
    reading = sa.create_engine(sqlite.url, poolclass=sa.pool.NullPool)
    with reading.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM produtos")
        rows.fetchone()
        process = command.start(sqlite.url, "upgrade")
        time.sleep(2)
        rows.close()
        connection.rollback()
    assert command.end(process).code == 0


def test_plain_looks_do_not_wait(postgres: sa.Engine) -> None:
    """`status` and `verify` take no lock: they answer while a run is at work."""
    with postgres.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK_KEY})")
        assert command.run(postgres.url, "status").code == 0
