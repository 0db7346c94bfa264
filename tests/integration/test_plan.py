"""`upgrade --plan`: it says what the run does, in the run's words, and the database is byte for byte as it was."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from painel_migrations.deploy import preflight_sqlite, sqlite_copy
from tests.conftest import VERSIONS, engine_of
from tests.support import command, history, lineage, pooler, scars, servers, whole
from tests.support.refused import Target, here

ROWS = 6
_RETIRED = re.compile(r"^retired (row security|\S+) (.*?)(?: \((\d+) rows?\))?$", re.MULTILINE)
_PLANNED = re.compile(r"^  \d{4}  (row security|\S+) +(.*?)(?: +(\d+) rows?)?$", re.MULTILINE)
PLANNED = ("upgrade", "--plan")


@pytest.fixture(params=("postgresql", "sqlite"))
def target(
    request: pytest.FixtureRequest,
    server_of: Callable[[int], servers.Server],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Target]:
    """An empty database of each kind; of the PostgreSQL versions each case has one, the same on every run.

    Temporary files have a folder of their own, which is empty afterwards.
    """
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    if request.param == "sqlite":
        yield Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
        assert list(folder.iterdir()) == []
        assert {path.name for path in tmp_path.iterdir()} <= {"eventos.db", "temporary"}
        return
    server = server_of(VERSIONS[len(request.node.name) % len(VERSIONS)])
    name = f"plan_{os.getpid()}"
    server.drop_database(name)
    yield Target(engine_of(server.create_database(name)), server)
    server.drop_database(name)


def damaged(target: Target, state: int, scar: str | None) -> None:
    lineage.build(target.engine, state, rows=ROWS)
    if scar:
        scars.apply(target.engine, scars.get(target.engine.dialect.name, scar))


def planned(target: Target, *revision: str, **variables: str) -> command.Ended:
    """Plan, and find the database as it was."""
    before = whole.of(target.engine, target.server)
    ended = here(target.url, *PLANNED, *revision, **variables)
    assert whole.of(target.engine, target.server) == before
    return ended


CASES = {
    "postgresql": [(1, None), (18, "startup_rebuild_sold_since"), (22, "unknown_tables_and_columns")],
    "sqlite": [(1, None), (18, "produtos_rebuild_sold_since"), (22, "unknown_tables_and_columns")],
}


@pytest.mark.parametrize("case", range(3))
def test_the_run_does_what_the_plan_says(target: Target, case: int) -> None:
    damaged(target, *CASES[target.engine.dialect.name][case])
    said = planned(target)
    assert (said.code, said.err) == (0, "")
    done = here(target.url, "upgrade")
    assert (done.code, done.err) == (0, "")
    section = said.out.partition("Would retire: ")[2].partition("Would change:")[0]
    retired = _RETIRED.findall(done.out)
    assert _PLANNED.findall(section) == retired
    assert section.startswith(f"{len(retired)} thing")
    pending = [line.removeprefix("-> ") for line in done.out.splitlines() if line.startswith("-> ")]
    assert [line.strip() for line in said.out.splitlines() if line.strip() in pending] == pending
    assert ("Left alone, unknown: table " in said.out) == (case == 2) == ("Left alone, unknown: table " in done.out)
    assert said.out.endswith("the run can go ahead. Nothing was changed\nNext: make upgrade\n")
    assert here(target.url, *PLANNED).out == done.out.splitlines()[0] + "\nAt 0022: nothing to do\n"


def test_a_plan_in_the_middle_moves_no_sequence(target: Target) -> None:
    """The register is there, and the rest of the run writes to it: a sequence's position outlives a rollback."""
    damaged(target, *CASES[target.engine.dialect.name][1])
    history.upgrade(target.engine, "0005")
    if target.server is None:
        target.run("CREATE INDEX idx_produtos_status ON produtos (status)")
    said = planned(target)
    assert said.code == 0, said.err
    assert re.search(r"^  0021  index +produtos\.idx_produtos_status$", said.out, re.MULTILINE)
    assert "At: 0005\nPending: 17 revisions\n  0006  " in said.out
    said = planned(target, "+1")
    assert "Pending: 1 revision\n  0006  Add the ticket code to transacoes\n" in said.out
    assert said.out.endswith("Next: make upgrade REV=+1\n")


def test_what_would_be_refused_is_refused_in_the_same_words(target: Target) -> None:
    damaged(target, 18, "itens_orphaned")
    said = planned(target)
    done = here(target.url, "upgrade")
    assert (said.code, said.err) == (done.code, done.err)
    assert said.code == 4
    assert said.err.startswith("Error: itens_venda_pdv.produto_id: ")
    # SQLite's keys are checked when all is done.
    where = "in the checks after the last revision" if target.server is None else "in revision 0005"
    assert f"\nEnded {where}, after " in said.out
    assert "Next: make upgrade" not in said.out


def test_another_application_s_database(target: Target) -> None:
    target.run("CREATE TABLE pedidos (id INTEGER PRIMARY KEY)")
    said, done = planned(target), here(target.url, "upgrade")
    assert (
        said.err
        == done.err
        == (
            "Error: the database has 1 table, and none of this application's\n"
            "Next: Correct DATABASE_URL; an empty database will do\n"
        )
    )
    assert said.code == done.code == 4


def test_a_revision_that_is_none(target: Target) -> None:
    damaged(target, 18, None)
    said = planned(target, "9999")
    assert (said.code, said.err) == (
        2,
        "Error: Can't locate revision identified by '9999'\nNext: See the revisions: make status\n",
    )


def test_what_is_held(target: Target) -> None:
    """By whom is said, and the rest of the plan."""
    damaged(target, 18, None)
    before = whole.of(target.engine, target.server)
    holder = sa.create_engine(target.engine.url, poolclass=sa.pool.NullPool)
    with holder.connect() as holding:
        if target.server is None:
            holding.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            holding.exec_driver_sql("LOCK TABLE eventos IN SHARE MODE")
            pid = holding.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        said = here(target.url, *PLANNED, MIGRATION_LOCK_TIMEOUT="0.3")
        holding.rollback()
    assert said.code == 5
    assert "Pending: 22 revisions\n" in said.out
    assert "Would retire: " in said.out
    if target.server is None:
        assert said.err.startswith("Error: another process holds the file\n")
    else:
        assert said.err.startswith("Error: a table this run has to change is held by another session\n")
        assert re.search(
            rf"\n  Note: eventos is held by session {pid} of postgres, for \d+ s, idle in transaction\n"
            rf"      End it: SELECT pg_terminate_backend\({pid}\)\n$",
            said.out,
        )
    assert whole.of(target.engine, target.server) == before


def test_another_run_at_work(postgres: sa.Engine) -> None:
    with postgres.connect() as holding:
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({0x7061696E656C})")
        said = here(postgres.url, *PLANNED, MIGRATION_LOCK_TIMEOUT="0.3")
    assert said.code == 5
    assert said.err.startswith("Error: another run holds the lock for more than 0.3 s\n")


def test_every_refusal_is_listed(postgres: sa.Engine) -> None:
    lineage.build(postgres, 1)
    with postgres.begin() as connection:
        connection.exec_driver_sql("CREATE ROLE planejador LOGIN")
    try:
        said = here(postgres.url.set(username="planejador"), *PLANNED)
        done = here(postgres.url.set(username="planejador"), "upgrade")
    finally:
        with postgres.begin() as connection:
            connection.exec_driver_sql("DROP ROLE planejador")
    assert (said.code, said.err) == (done.code, done.err)
    assert said.err.startswith("Error: the role planejador may not alter what postgres owns: ")
    assert "Preflight: 3 refusals, 1 note\n" in said.out
    assert said.out.count("  Refused: ") == done.out.count("Refused: ") == 3
    assert "Rehearsal" not in said.out


@pytest.mark.skipif(pooler.PROGRAM is None, reason="PgBouncer is not installed: apt-get install pgbouncer")
def test_by_way_of_a_pooler(server_of: Callable[[int], servers.Server]) -> None:
    server = server_of(16)
    name = f"pooled_{os.getpid()}"
    engine = engine_of(server.create_database(name))
    lineage.build(engine, 1, rows=2)
    before = whole.of(engine, server)
    with pooler.running(server) as port:
        said = here(engine.url.set(port=port), *PLANNED)
    assert (said.code, said.err) == (0, "")
    assert whole.of(engine, server) == before
    server.drop_database(name)


# Files of SQLite's.


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with rows, alone in its folder."""
    path = tmp_path / "festa" / "eventos.db"
    path.parent.mkdir()
    lineage.build(engine_of(f"sqlite:///{path}"), 1, rows=ROWS)
    return path


def folder_of(file: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in file.parent.iterdir() if not path.name.endswith("-shm")}


def left_by(file: Path, *statements: str) -> None:
    """Have a process write to a file, and die."""
    code = "import os, sqlite3, sys\nc = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    code += "for statement in sys.argv[2:]: c.execute(statement)\nos._exit(0)"
    subprocess.run([sys.executable, "-c", code, file, *statements], check=True)


@pytest.mark.parametrize("left", ["nothing", "log", "log_with_pages", "change_cut_short"])
def test_what_another_process_left_beside_the_file(file: Path, left: str) -> None:
    match left:
        case "log":
            with sqlite3.connect(file) as connection:
                connection.execute("PRAGMA journal_mode = wal")
            connection.close()
        case "log_with_pages":
            left_by(file, "PRAGMA journal_mode = wal", "CREATE TABLE produtos_old (id INTEGER PRIMARY KEY, nome TEXT)")
        case "change_cut_short":
            fill = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 999) "
            left_by(file, "PRAGMA cache_size = 1", "BEGIN", "CREATE TABLE sobra (x)",
                    f"INSERT INTO sobra {fill}SELECT zeroblob(999) FROM n", "DELETE FROM usuarios")  # fmt: skip
    before = folder_of(file)
    assert len(before) == (2 if left in ("log_with_pages", "change_cut_short") else 1)
    said = here(f"sqlite:///{file}", *PLANNED)
    assert (said.code, said.err) == (0, "")
    assert folder_of(file) == before
    # What was committed counts, and what was cut short does not.
    assert bool(re.search("  0001  table +produtos_old", said.out)) == (left == "log_with_pages")
    assert "sobra" not in said.out


def test_a_file_that_is_not_there_yet(file: Path) -> None:
    missing = file.with_name("outra.db")
    said = here(f"sqlite:///{missing}", *PLANNED)
    assert (said.code, said.err) == (0, "")
    assert "  0003  created: empresas, usuarios, eventos, " in said.out
    assert not missing.exists()


def refused(file: Path, *arguments: str) -> tuple[int, str]:
    before = folder_of(file)
    ended = here(f"sqlite:///{file}", *arguments)
    assert folder_of(file) == before
    return ended.code, ended.err


def test_a_damaged_page(file: Path) -> None:
    """In a table that is read by nobody before it is too late: a run would carry it along."""
    engine = engine_of(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alheia (x)")
        connection.exec_driver_sql("INSERT INTO alheia VALUES (zeroblob(50000))")
    with file.open("r+b") as opened:
        opened.seek(-8192, os.SEEK_END)
        opened.write(b"\xff" * 4)
    wanted = (
        4,
        "Error: the file is damaged, or is no SQLite database\nNext: Bring it back from a backup, or move it away\n",
    )
    assert refused(file, *PLANNED) == refused(file, "upgrade") == wanted


def test_rows_that_break_a_constraint_are_no_damaged_page(file: Path) -> None:
    engine = engine_of(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alheia (x, y CHECK (y > 0))")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = 1")
        connection.exec_driver_sql("INSERT INTO alheia VALUES (1, -1)")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = 0")
        assert connection.exec_driver_sql("PRAGMA quick_check").scalars().all() != ["ok"]
        assert list(preflight_sqlite.pages(connection)) == []


def test_a_disk_that_is_nearly_full(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can count on a small disk: what the system says of it is another's."""
    size = file.stat().st_size
    free = {"now": size + (1 << 20)}
    usage = type("Usage", (), {"free": property(lambda _: free["now"])})()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert list(preflight_sqlite.surroundings(file)) == []
    needed = f"{(size + (1 << 20)) / 1e6:.1f} MB"
    free["now"] -= 1
    what = f"the disk of {file.parent} has {needed} free, and a run may need {needed}"
    assert refused(file, "upgrade") == (4, f"Error: {what}\nNext: Free space there, then run again\n")
    said = refused(file, *PLANNED)
    assert said[0] == 4
    assert said[1].startswith("Error: no room to rehearse: the copy and its run need ")


def test_a_folder_that_cannot_be_written(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may write to any: what the system says of it is another's."""
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != file.parent and access(path, mode))
    wanted = (
        4,
        (
            f"Error: the folder {file.parent} cannot be written by this user, and SQLite's journal has to lie there\n"
            "Next: Change its permissions, then run again\n"
        ),
    )
    assert refused(file, "upgrade") == refused(file, *PLANNED) == wanted


def test_the_copy_is_gone_and_nothing_changed_where_the_rehearsal_breaks(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    seen: list[Path] = []

    def breaks(*_: object) -> None:
        seen.extend((tmp_path / "temporary").rglob("*.db"))
        raise ZeroDivisionError

    monkeypatch.setattr("painel_migrations.deploy.rehearsal.command.upgrade", breaks)
    assert refused(file, *PLANNED)[0] == 6
    assert len(seen) == 1
    assert list((tmp_path / "temporary").iterdir()) == []
    assert sqlite_copy._folder_for(file) == tmp_path / "temporary"
