"""Files that SQLite here cannot read, each called what it is: newer, encrypted, damaged, empty, another program's."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from homecoming.connection import sqlite_file
from homecoming.connection.sqlite_header import NEWER
from homecoming.errors import Refused
from tests.conftest import engine_of
from tests.support import lineage
from tests.support.refused import here

HERE = f"SQLite {sqlite3.sqlite_version}"
LATER = (3, 999, 1)
RUNS = (("status",), ("verify",), ("health",), ("doctor",), ("upgrade", "--plan"), ("upgrade",), ("downgrade", "base"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "festa" / "eventos.db"
    path.parent.mkdir()
    lineage.build(engine_of(f"sqlite:///{path}"), 18, rows=2)
    return path


def write(file: Path, at: int, number: int, size: int = 4) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(number.to_bytes(size, "big"))


def written_by_a_later_one(file: Path) -> None:
    major, minor, patch = LATER
    # With the counter beside it, or SQLite would not believe the number.
    write(file, 96, major * 1_000_000 + minor * 1000 + patch)


def define(file: Path, kind: str, name: str, table: str, statement: str) -> None:
    """Enter a definition as a SQLite would that understands it."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, 0, ?)", (kind, name, table, statement))
    connection.close()


def assert_said(file: Path, what: str, todo: str, runs: tuple[tuple[str, ...], ...] = RUNS, code: int = 4) -> None:
    before = {path.name: path.read_bytes() for path in file.parent.iterdir()}
    for arguments in runs:
        ended = here(f"sqlite:///{file}", *arguments)
        said = " ".join((ended.out + ended.err).split())
        wanted = 1 if arguments == ("health",) else code
        assert (arguments, ended.code, what in said, todo in said) == (arguments, wanted, True, True), said
    assert {path.name: path.read_bytes() for path in file.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("kind", "name", "table", "statement", "reason"),
    [
        ("table", "futuro", "futuro", "CREATE TABLE futuro (x) VERSIONED", "unknown table option: VERSIONED"),
        (
            "view",
            "resumo",
            "resumo",
            "CREATE VIEW resumo AS SELECT id FROM produtos PIVOT (id)",
            'near "(": syntax error',
        ),
        (
            "trigger",
            "soma",
            "produtos",
            "CREATE TRIGGER soma AFTER TRUNCATE ON produtos BEGIN SELECT 1; END",
            'near "TRUNCATE": syntax error',
        ),
    ],
)
def test_what_a_newer_sqlite_made(file: Path, kind: str, name: str, table: str, statement: str, reason: str) -> None:
    define(file, kind, name, table, statement)
    written_by_a_later_one(file)
    assert_said(
        file,
        f"{HERE} cannot read the definition of {name}: {reason}; SQLite 3.999.1 wrote the file last",
        f"{NEWER}; or drop {name} with it",
    )


def test_a_definition_that_no_sqlite_knows(file: Path) -> None:
    """Written by this very SQLite: no newer one would read it."""
    define(file, "view", "resumo", "resumo", "CREATE VIEW resumo AS SELEC")
    assert_said(
        file,
        f'{HERE} cannot read the definition of resumo: near "SELEC": syntax error',
        "Bring the file back from a backup, or drop it with the program that made it",
    )


@pytest.mark.parametrize(("at", "name", "size"), [(19, "file", 1), (18, "file", 1), (44, "schema", 4)])
def test_a_newer_format(file: Path, at: int, name: str, size: int) -> None:
    write(file, at, 5, size)
    written_by_a_later_one(file)
    known = 4 if name == "schema" else 2
    # What only a writer has to know keeps no reader out.
    runs = RUNS[3:] if at == 18 else RUNS
    assert_said(
        file,
        f"{file} has the {name} format 5, and {HERE} here knows {known}; SQLite 3.999.1 wrote it last",
        NEWER,
        runs,
    )
    if at == 18:
        assert here(f"sqlite:///{file}", "status").code == 0


@pytest.mark.parametrize("size", [24, 3000, 40000])
def test_a_page_size_that_there_is_not(file: Path, size: int) -> None:
    write(file, 16, size, 2)
    assert_said(
        file,
        f"the header of {file} is damaged: no SQLite has pages of {size} bytes",
        "Bring it back from a backup, or move it away",
    )


def test_an_encrypted_file(file: Path) -> None:
    file.write_bytes(os.urandom(8192))
    assert_said(
        file,
        f"{file} is no SQLite database, or an encrypted one",
        "Decrypt it with the program that encrypted it, or correct DATABASE_URL",
    )


@pytest.mark.parametrize("content", [b"PK\x03\x04" + b"ficha de venda; " * 32, b"nome;cpf\n" * 100, b"\x00" * 3])
def test_what_is_no_database(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert_said(file, f"{file} is no SQLite database", "Correct DATABASE_URL, or move the file away")


def test_an_empty_file(file: Path) -> None:
    """SQLite's own idea of a database in which nothing is yet."""
    file.write_bytes(b"")
    for look in (("status",), ("doctor",), ("upgrade", "--plan")):
        assert here(f"sqlite:///{file}", *look).code == 0
        assert file.read_bytes() == b""
    assert here(f"sqlite:///{file}", "upgrade").code == 0
    assert here(f"sqlite:///{file}", "verify").code == 0


@pytest.mark.parametrize(
    ("application", "whose"),
    [(0x47504B47, ": it says that it is GeoPackage's"), (0x0F055112, ": it says that it is Fossil's"), (77, "")],
)
def test_a_file_of_another_program(file: Path, application: int, whose: str) -> None:
    file.unlink()
    with sqlite3.connect(file) as connection:
        connection.execute(f"PRAGMA application_id = {application}")
        connection.execute("CREATE TABLE features (id INTEGER PRIMARY KEY)")
    connection.close()
    assert_said(
        file,
        f"the database has 1 table, and none of this application's{whose}",
        "Correct DATABASE_URL; an empty database will do",
        RUNS[:1] + RUNS[3:6],
    )


def test_a_dangling_link(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "banco.db"
    link.symlink_to(file)
    file.unlink()
    ended = here(f"sqlite:///{link}", "status")
    assert (ended.code, ended.err) == (2, f"Error: {file} does not exist\nNext: Make it with: make upgrade\n")
    file.parent.rmdir()
    ended = here(f"sqlite:///{link}", "upgrade")
    assert (ended.code, ended.err.splitlines()[0]) == (
        2,
        f"Error: the folder of {file.parent / file.name} does not exist",
    )


def no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)


def test_no_temporary_folder(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container whose root is read-only, and whose one volume is where the file is."""
    no_temporary_folder(monkeypatch)
    ended = here(f"sqlite:///{file}", "upgrade", "--plan")
    assert (ended.code, ended.err) == (0, "")
    assert [path.name for path in file.parent.iterdir()] == ["eventos.db"]


def test_no_folder_at_all(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    no_temporary_folder(monkeypatch)
    monkeypatch.setattr(tempfile, "mkdtemp", _closed)
    ended = here(f"sqlite:///{file}", "upgrade", "--plan")
    assert (ended.code, ended.err) == (
        4,
        (
            f"Error: no folder to copy eventos.db to: this user can write to neither {file.parent}\n"
            "Next: Name one in TMPDIR, then run again\n"
        ),
    )


def _closed(*_: object, **__: object) -> str:
    raise PermissionError("Read-only file system")


def test_a_copy_while_a_writer_has_no_pause(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy is of one moment: where the file changes meanwhile it is made again, and at last given up."""
    moments = iter(range(100))
    monkeypatch.setattr(sqlite_file, "_moment", lambda *_: next(moments))
    with pytest.raises(Exception, match="another process changes the file"):
        sqlite_file._copied(file, 1, "-wal")


def test_a_copy_of_a_file_that_another_process_has_for_itself(file: Path) -> None:
    code = (
        "import sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "c.execute('PRAGMA locking_mode = EXCLUSIVE'); c.execute('PRAGMA journal_mode = WAL')\n"
        "c.execute('BEGIN IMMEDIATE'); c.execute('COMMIT'); print(flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, file], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            ended = here(f"sqlite:///{file}", "status")
        finally:
            process.kill()
    assert (ended.code, ended.err.splitlines()[0]) == (5, "Error: another process holds the file")


def test_refused_is_what_is_raised(file: Path) -> None:
    define(file, "view", "resumo", "resumo", "CREATE VIEW resumo AS SELEC")
    with pytest.raises(Refused):
        sqlite_file.open_to_look(file, 1)
    with pytest.raises(Refused):
        engine_of(f"sqlite:///{file}").connect()
