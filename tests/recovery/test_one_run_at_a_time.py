"""Replicas that start at once, and sessions that hold what a run needs: one applies, nobody waits for ever."""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.catalog import Severity, verify
from homecoming.connection.engines import make_engine
from homecoming.connection.locks import Holder, holders, lock_key, lock_run, named
from homecoming.errors import HeldError
from homecoming.settings import read_settings
from tests.support import command, conservation, lineage
from tests.support.history import HEAD, REVISIONS, counted

ROWS = 6
DONE = f"Done: at {HEAD} after {counted(len(REVISIONS))}, "
NOTHING = f"At {HEAD}: nothing to do"


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


def pid_of(connection: sa.Connection) -> int:
    return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


SESSION = r"pid {pid}, user postgres, application {name}, query start \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def test_table_never_let_go(postgres: sa.Engine) -> None:
    """The application's longest query must not make a deploy hang: it gives up, with nothing changed, and names it."""
    lineage.build(postgres, 18, rows=ROWS)
    before = conservation.take(postgres)
    environment = command.environment(postgres.url, MIGRATION_LOCK_TIMEOUT="0.3", MIGRATION_LOCK_PAUSES="0.1,0.2")
    with postgres.connect() as holding:
        holding.exec_driver_sql("SET application_name = 'relatorio mensal'")
        holding.exec_driver_sql("LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE")
        pid = pid_of(holding)
        ended = command.run(postgres.url, "upgrade", env=environment)
        holding.rollback()
    who = SESSION.format(pid=pid, name="relatorio mensal")
    held = r"a table this run has to change is held by another session: "
    assert ended.code == 5
    assert re.fullmatch(
        rf"Error: {held}{who} \(it holds a lock of produtos\)\n"
        rf"Next: Nothing was changed\. End it, then run again: SELECT pg_terminate_backend\({pid}\)\n",
        ended.err,
    )
    again = [line for line in ended.out.splitlines() if "; again in " in line]
    assert [line.rpartition("; ")[2] for line in again] == ["again in 0.1 s", "again in 0.2 s"]
    assert conservation.take(postgres) == before
    assert not sa.inspect(postgres).has_table("alembic_version")


@pytest.mark.parametrize("verb", [("verify",), ("upgrade", "--plan"), ("repair", "--plan")], ids=" ".join)
def test_a_look_behind_a_table_that_is_held_ends(postgres: sa.Engine, verb: tuple[str, ...]) -> None:
    """And names who holds it: whoever looks would wait without a word."""
    lineage.build(postgres, 18, rows=ROWS)
    patience = {"MIGRATION_LOCK_TIMEOUT": "0.3", "MIGRATION_LOCK_PAUSES": "0.1", "MIGRATION_LOCK_WAIT": "0"}
    environment = command.environment(postgres.url, **patience)
    with postgres.connect() as holding:
        holding.exec_driver_sql("SET application_name = 'relatorio mensal'")
        holding.exec_driver_sql("LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE")
        pid = pid_of(holding)
        ended = command.run(postgres.url, *verb, env=environment)
        holding.rollback()
    assert ended.code == 5
    assert re.search(rf"another session: {SESSION.format(pid=pid, name='relatorio mensal')}", ended.err)
    assert f"SELECT pg_terminate_backend({pid})" in ended.err


def test_who_is_idle_in_a_transaction_is_ended_where_that_was_asked_for(postgres: sa.Engine) -> None:
    """And who is at work with the same table is not."""
    lineage.build(postgres, 18, rows=ROWS)
    environment = command.environment(
        postgres.url,
        MIGRATION_LOCK_TIMEOUT="0.3",
        MIGRATION_LOCK_PAUSES=",".join(["0.3"] * 40),
        MIGRATION_END_BLOCKERS="idle-in-transaction",
    )
    autocommit = postgres.execution_options(isolation_level="AUTOCOMMIT")
    idle = postgres.connect()
    with ThreadPoolExecutor(1) as pool, autocommit.connect() as busy:
        idle.exec_driver_sql("SET application_name = 'janela esquecida'")
        idle.exec_driver_sql("SELECT count(*) FROM produtos")
        pid = pid_of(idle)
        at_work = pid_of(busy)
        report = pool.submit(busy.exec_driver_sql, "SELECT count(*), pg_sleep(60) FROM produtos")
        process = command.start(postgres.url, "upgrade", env=environment)
        assert process.stdout is not None
        said = next(line for line in process.stdout if "Ended, " in line)
        who = SESSION.format(pid=pid, name="janela esquecida")
        assert re.search(rf"Ended, since it was idle in its transaction: {who}$", said)
        # It has met the other one, too, and waits for it.
        assert any("; again in " in line for line in process.stdout)
        with autocommit.connect() as other:
            other.exec_driver_sql(f"SELECT pg_cancel_backend({at_work})")
        with pytest.raises(sa.exc.OperationalError, match="canceling statement due to user request"):
            report.result()
        ended = command.end(process)
        assert (ended.code, ended.err) == (0, "")
        assert "Ended, " not in ended.out
    with pytest.raises(sa.exc.OperationalError, match="closed"):
        idle.exec_driver_sql("SELECT 1")
    idle.close()


def test_table_let_go_in_time(postgres: sa.Engine) -> None:
    """Between two attempts it holds nothing itself: the application's queue drains, and then the run gets through."""
    lineage.build(postgres, 18, rows=ROWS)
    environment = command.environment(
        postgres.url, MIGRATION_LOCK_TIMEOUT="0.2", MIGRATION_LOCK_PAUSES=",".join(["0.3"] * 200)
    )
    with postgres.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE")
        process = command.start(postgres.url, "upgrade", env=environment)
        assert process.stdout is not None
        said = next(line for line in process.stdout if "; again in 0.3 s" in line)
        # While it sleeps, another statement of the application is not behind it in the queue of that table's locks.
        holding.rollback()
        assert holding.exec_driver_sql("SELECT count(*) FROM produtos").scalar_one() == ROWS
        holding.rollback()
    ended = command.end(process)
    assert "it holds a lock of produtos" in said
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1].startswith(DONE)


def test_of_several_sessions_the_one_that_holds_that_table(postgres: sa.Engine) -> None:
    """A writer elsewhere holds the stronger lock, and is not in the way: nobody is told to end it."""
    lineage.build(postgres, 18, rows=ROWS)
    environment = command.environment(postgres.url, MIGRATION_LOCK_TIMEOUT="0.3", MIGRATION_LOCK_PAUSES="0")
    with postgres.connect() as writing, postgres.connect() as reporting:
        writing.exec_driver_sql("CREATE TABLE anotacoes (id integer)")
        writing.commit()
        writing.exec_driver_sql("LOCK TABLE anotacoes IN ACCESS EXCLUSIVE MODE")
        reporting.exec_driver_sql("SELECT count(*) FROM produtos")
        pid = pid_of(reporting)
        ended = command.run(postgres.url, "upgrade", env=environment)
    assert ended.code == 5
    assert ended.err.splitlines()[1].endswith(f"SELECT pg_terminate_backend({pid})")


def test_a_role_s_own_time_limit_is_not_for_the_wait(postgres: sa.Engine) -> None:
    lineage.build(postgres, 18)
    name = postgres.url.database
    with postgres.connect() as holding:
        holding.exec_driver_sql(f"ALTER DATABASE {name} SET statement_timeout = '1s'")
        holding.commit()
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        process = command.start(postgres.url, "upgrade")
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(2)
        holding.rollback()
    assert command.end(process).code == 0


def test_a_prepared_transaction_in_the_way(postgres: sa.Engine) -> None:
    """It has no session to end: its name and how to take it back are said. (Servers allow none unless told to.)"""
    with postgres.connect() as connection:
        if connection.exec_driver_sql("SHOW max_prepared_transactions").scalar_one() == "0":
            assert holders(connection) == []
    found = Holder(None, None, None, None, ("produtos",), "caixa's")
    named_ = named(HeldError("it is held", "Wait"), [found])
    assert named_.what == 'it is held: the prepared transaction "caixa\'s" (it holds a lock of produtos)'
    assert named_.todo == "Nothing was changed. End it, then run again: ROLLBACK PREPARED 'caixa''s'"


def test_a_role_that_sees_no_other_sessions(postgres: sa.Engine) -> None:
    """The server hides whose they are, not that they hold a lock."""
    lineage.build(postgres, 18)
    role = f"cego_{os.getpid()}"
    with postgres.connect() as holding:
        holding.exec_driver_sql("LOCK TABLE produtos, comandas, eventos, listas IN ACCESS EXCLUSIVE MODE")
        with postgres.connect() as looking:
            looking.exec_driver_sql(f"CREATE ROLE {role}")
            looking.exec_driver_sql(f"SET ROLE {role}")
            (found,) = holders(looking)
            looking.rollback()
        pid = pid_of(holding)
    assert named(HeldError("it is held", ""), [found, found]).what == (
        f"it is held: pid {pid}, user postgres, application unknown, query start unknown"
        " (it holds a lock of comandas, eventos, listas, ...), and 1 more"
    )


@pytest.mark.parametrize("wait", ["0", "0.5"])
def test_lock_held_by_a_run_that_hangs(postgres: sa.Engine, wait: str) -> None:
    environment = command.environment(postgres.url, MIGRATION_LOCK_WAIT=wait)
    with postgres.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        pid = pid_of(holding)
        ended = command.run(postgres.url, "upgrade", env=environment)
    who = SESSION.format(pid=pid, name="without a name")
    assert ended.code == 5
    assert re.fullmatch(
        rf"Error: another run holds the lock for more than {wait} s: {who}\n"
        rf"Next: Wait for it, then run again\. If it hangs: SELECT pg_terminate_backend\({pid}\)\n",
        ended.err,
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


def test_a_reader_of_the_file_that_never_ends(sqlite: sa.Engine) -> None:
    """The commit is refused: there is an answer, and no doubt that nothing was changed."""
    lineage.build(sqlite, 18, rows=ROWS)
    before = conservation.take(sqlite)
    environment = command.environment(sqlite.url, MIGRATION_LOCK_WAIT="0.3")
    reading = sa.create_engine(sqlite.url, poolclass=sa.pool.NullPool)
    with reading.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id FROM produtos")
        rows.fetchone()
        ended = command.run(sqlite.url, "upgrade", env=environment)
        rows.close()
    assert (ended.code, ended.err) == (
        5,
        (
            "Error: another process holds the file\n"
            "Next: Close the application or wait for the other run, then run again\n"
        ),
    )
    assert conservation.take(sqlite) == before
    assert not sa.inspect(sqlite).has_table("alembic_version")


def test_what_ends_a_run_whose_client_is_gone(postgres: sa.Engine) -> None:
    """The server looks for the client during a statement, and does not wait for ever for the next one."""
    with make_engine(postgres.url).connect() as connection:
        if (connection.dialect.server_version_info or ()) < (14,):
            pytest.skip("before 14 no server looks for its client during a statement")
        lock_run(connection, read_settings({}))
        shown = {
            name: connection.exec_driver_sql(f"SHOW {name}").scalar_one()
            for name in ("idle_in_transaction_session_timeout", "client_connection_check_interval", "lock_timeout")
        }
        connection.rollback()
        # Below the engine, which would begin the next transaction as a run's.
        cursor = connection.connection.cursor()
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        (after,) = cursor.fetchone() or ("",)
    assert (list(shown.values()), after) == (["1min", "1s", "4s"], "0")


def test_plain_looks_do_not_wait(postgres: sa.Engine) -> None:
    """`status` and `verify` take no lock: they answer while a run is at work."""
    with postgres.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        assert command.run(postgres.url, "status").code == 0
