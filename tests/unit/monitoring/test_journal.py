"""The journal keeps what a database cannot, for several databases and processes, and never stands in the way."""

import sqlite3
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from homecoming.monitoring import journal
from homecoming.monitoring.snapshot import Attempts, Journal, LastRun

HERE, THERE = "PostgreSQL painel on here:5432", "PostgreSQL painel on there:5432"


def run(result: str = "done", exit_code: int = 0, at: int = 100, lock_wait: float = 0.5) -> LastRun:
    return LastRun("run", "command", "upgrade", result, exit_code, 1.5, datetime.fromtimestamp(at, UTC), lock_wait)


def known(folder: Path, database: str = HERE) -> Journal:
    with journal.opened(folder) as opened:
        return journal.read(opened, database)


def test_nothing_is_known_at_first(tmp_path: Path) -> None:
    assert known(tmp_path / "a" / "state") == Journal()
    assert (tmp_path / "a" / "state" / ".gitignore").read_text() == "*\n"


def test_a_run_that_fails_leaves_the_last_success_and_adds_its_wait(tmp_path: Path) -> None:
    for ended in (run(), run("failed", 6, at=200)):
        with journal.opened(tmp_path) as opened:
            journal.set_run(opened, HERE, ended)
    found = known(tmp_path)
    assert found.last_run == run("failed", 6, at=200)
    assert found.last_success == datetime.fromtimestamp(100, UTC)
    assert found.lock_wait == 1.0
    assert known(tmp_path, THERE) == Journal()


def test_attempts_are_counted(tmp_path: Path) -> None:
    for _ in range(2):
        with journal.opened(tmp_path) as opened:
            attempts = {("direct", "refused"): [0.1, 0.2], ("pooler", "connected"): [0.5]}
            journal.add_attempts(opened, HERE, attempts)
    first, second = known(tmp_path).attempts
    assert (first.strategy, first.result, first.count) == ("direct", "refused", 4)
    assert first.seconds == pytest.approx(0.6)
    assert second == Attempts("pooler", "connected", 2, 1.0)


def test_since_when_a_database_is_behind(tmp_path: Path) -> None:
    def seen(head: str, behind: bool) -> datetime | None:
        with journal.opened(tmp_path) as opened:
            journal.set_behind(opened, HERE, head, behind)
        return known(tmp_path).behind_since

    assert seen("0022", behind=False) is None
    since = seen("0023", behind=True)
    assert since is not None
    assert seen("0024", behind=True) == since, "a newer head does not begin the time anew"
    assert seen("0024", behind=False) is None


@pytest.mark.parametrize("content", [b"no SQLite at all" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_journal_begins_anew(tmp_path: Path, content: bytes) -> None:
    (tmp_path / journal.FILE).write_bytes(content)
    assert known(tmp_path) == Journal()
    with journal.opened(tmp_path) as opened:
        journal.set_run(opened, HERE, run())
    assert known(tmp_path).last_run == run()


def test_a_journal_whose_damage_shows_only_inside_begins_anew_the_next_time(tmp_path: Path) -> None:
    with journal.opened(tmp_path) as opened:
        journal.set_run(opened, HERE, run())
    file = tmp_path / journal.FILE
    whole = file.read_bytes()
    # The first page has the schema, which is all that opening reads.
    file.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))
    with pytest.raises(sqlite3.DatabaseError):
        known(tmp_path)
    with journal.opened(tmp_path) as opened:
        journal.set_run(opened, HERE, run("failed", 6))
    assert known(tmp_path).last_run == run("failed", 6)


def test_a_journal_of_another_shape_begins_anew(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / journal.FILE) as other:
        other.execute("CREATE TABLE runs (database TEXT, another INTEGER)")
    other.close()
    with journal.opened(tmp_path) as opened:
        journal.set_run(opened, HERE, run())
    assert known(tmp_path).last_run == run()


def test_a_folder_that_another_process_makes_at_the_same_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")
    answers, real = [False], Path.is_dir
    monkeypatch.setattr(Path, "is_dir", lambda self: answers.pop() if answers else real(self))
    assert known(tmp_path) == Journal()
    assert (tmp_path / journal.FILE).exists()


def test_what_fails_inside_is_not_kept(tmp_path: Path) -> None:
    def fail() -> None:
        with journal.opened(tmp_path) as opened:
            journal.set_run(opened, HERE, run())
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        fail()
    assert known(tmp_path) == Journal()


def test_a_journal_that_is_held_is_given_up_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "TIMEOUT", 0.05)
    with journal.opened(tmp_path) as opened:
        journal.set_run(opened, HERE, run())
    with journal.opened(tmp_path), pytest.raises(sqlite3.OperationalError), journal.opened(tmp_path):
        pass
    assert known(tmp_path).last_run == run()


def test_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, painel_migrations; from pathlib import Path; from homecoming.monitoring import journal\n"
        "for _ in range(20):\n"
        "    with journal.opened(Path(sys.argv[1])) as opened:\n"
        "        journal.add_attempts(opened, 'here', {('direct', 'connected'): [0.1]})\n"
    )
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", code, str(tmp_path)]
    processes = [subprocess.Popen(command, cwd=root) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert known(tmp_path, "here").attempts[0].count == 60
