"""`upgrade --plan` of an SQLite file: the file, and what lies beside it, are as they were; preflight of its place."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from homecoming.preflight import on_sqlite
from tests.conftest import engine_of
from tests.support import lineage
from tests.support.refused import here

ROWS = 6
PLANNED = ("upgrade", "--plan")


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
        assert list(on_sqlite.pages(connection)) == []


def test_a_disk_that_is_nearly_full(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test can count on a small disk: what the system says of it is another's."""
    size = file.stat().st_size
    free = {"now": size + (1 << 20)}
    usage = type("Usage", (), {"free": property(lambda _: free["now"])})()
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert list(on_sqlite.surroundings(file)) == []
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

    monkeypatch.setattr("homecoming.rehearsal.rehearsal.migrate", breaks)
    assert refused(file, *PLANNED)[0] == 6
    assert len(seen) == 1
    assert list((tmp_path / "temporary").iterdir()) == []
