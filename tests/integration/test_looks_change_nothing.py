"""A look at a SQLite file changes no byte of it, nor of what lies beside it, and leaves no file there: every verb."""

from __future__ import annotations

import contextlib
import ctypes
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homecoming.connection import sqlite_file
from painel_migrations.auto_migrate import run_auto_migration
from tests.conftest import engine_of
from tests.support import command, history, lineage

LOOKS = (
    ("status",),
    ("verify",),
    ("history",),
    ("health",),
    ("metrics",),
    ("doctor",),
    ("dashboard", "--static", "page.html"),
    ("repair", "--plan"),
    ("upgrade", "--plan"),
)

# At 0021 there is something to plan, and to be healthy about there is nothing.
CODES = {"verify": 1, "health": 1, "repair": 0, "upgrade": 0}

_CONNECT = "import os, sqlite3, sys, time; c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
_LOGGED = (
    "c.execute('PRAGMA journal_mode = WAL'); c.execute('PRAGMA wal_autocheckpoint = 0')\n"
    "c.execute(\"INSERT INTO empresas (nome, cnpj, email, telefone) VALUES ('a', 'b', 'c', 'd')\")\n"
)
_CUT_SHORT = (
    "c.execute('PRAGMA cache_size = 1'); c.execute('BEGIN'); c.execute('CREATE TABLE novas (t)')\n"
    "[c.execute('INSERT INTO novas VALUES (zeroblob(8000))') for _ in range(9)]\n"
)
_STAYS = "c.execute('PRAGMA journal_mode = PERSIST'); c.execute('UPDATE empresas SET telefone = telefone || 1')\n"
_DIE = "os._exit(0)"
_LIVE = "print(flush=True); time.sleep(600)"


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with rows, one revision before head."""
    file = tmp_path_factory.mktemp("behind") / "eventos.db"
    engine = engine_of(f"sqlite:///{file}")
    lineage.build(engine, 18, rows=2)
    history.upgrade(engine, "0021")
    return file


@contextlib.contextmanager
def _nothing(_: Path) -> Iterator[None]:
    yield


def _with(code: str) -> Callable[[Path], contextlib.AbstractContextManager[None]]:
    """Have another process do something to the file, and die, or live until the test is over."""

    @contextlib.contextmanager
    def at_work(file: Path) -> Iterator[None]:
        process = subprocess.Popen([sys.executable, "-c", _CONNECT + code, file], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()
            process.communicate()

    return at_work


@contextlib.contextmanager
def _log_that_is_closed(file: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    yield


@contextlib.contextmanager
def _log_without_index(file: Path) -> Iterator[None]:
    with _with(_LOGGED + _DIE)(file):
        sqlite_file.beside(file, "-shm").unlink()
        yield


@contextlib.contextmanager
def _log_of_this_process(file: Path) -> Iterator[None]:
    """As the application's own pool has it where the page is mounted, or the hook called."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("INSERT INTO empresas (nome, cnpj, email, telefone) VALUES ('a', 'b', 'c', 'd')")
        yield
        # Its locks are still there: another process may not take the log away under it.
        take = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT 1 FROM empresas'); c.close()"
        subprocess.run([sys.executable, "-c", take, file], check=True)
        assert sqlite_file.beside(file, "-wal").exists()
        assert connection.execute("SELECT count(*) FROM empresas WHERE nome = 'a'").fetchone() == (1,)


BESIDE = {
    "nothing": (_nothing, {"eventos.db"}),
    "log_that_is_closed": (_log_that_is_closed, {"eventos.db"}),
    "log_of_a_live_writer": (_with(_LOGGED + _LIVE), {"eventos.db", "eventos.db-wal", "eventos.db-shm"}),
    "log_of_this_process": (_log_of_this_process, {"eventos.db", "eventos.db-wal", "eventos.db-shm"}),
    "log_of_a_dead_writer": (_with(_LOGGED + _DIE), {"eventos.db", "eventos.db-wal", "eventos.db-shm"}),
    "log_without_index": (_log_without_index, {"eventos.db", "eventos.db-wal"}),
    "hot_journal": (_with(_CUT_SHORT + _DIE), {"eventos.db", "eventos.db-journal"}),
    "journal_that_stays": (_with(_STAYS + _DIE), {"eventos.db", "eventos.db-journal"}),
}


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


@pytest.mark.parametrize("beside", BESIDE)
@pytest.mark.parametrize("linked", [False, True], ids=["file", "link"])
def test_what_lies_beside_it(
    behind: Path,
    tmp_path: Path,
    beside: str,
    linked: bool,
    run: Callable[..., command.Ran],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make, names = BESIDE[beside]
    folder = tmp_path / "volume"
    folder.mkdir()
    file = Path(shutil.copy(behind, folder))
    place = file
    if linked:
        place = tmp_path / "aplicação" / "banco.db"
        place.parent.mkdir()
        place.symlink_to(file)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{place}")
    with make(file):
        # Reading would take locks off that this process has.
        before = contents_by_another(folder)
        assert set(before) == names
        for look in LOOKS:
            code, _, said = run(*look)
            assert (look, code) == (look, CODES.get(look[0], 0)), said
            assert (look, contents_by_another(folder)) == (look, before)
            assert list(place.parent.iterdir()) == ([place] if linked else list(folder.iterdir()))


def contents_by_another(folder: Path) -> dict[str, str]:
    """Return what `contents` does, as hashes, read by another process."""
    code = (
        "import hashlib, pathlib, sys\n"
        "for path in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)"
    )
    said = subprocess.run([sys.executable, "-c", code, folder], check=True, capture_output=True, text=True).stdout
    return {name: rest for name, _, rest in (line.partition(" ") for line in said.splitlines())}


def test_a_writer_amid_a_change(
    behind: Path, tmp_path: Path, run: Callable[..., command.Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "volume"
    folder.mkdir()
    file = Path(shutil.copy(behind, folder))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    with _with("c.execute('BEGIN IMMEDIATE'); c.execute('DELETE FROM usuarios')\n" + _LIVE)(file):
        before = contents(folder)
        assert set(before) == {"eventos.db", "eventos.db-journal"}
        for look in LOOKS[:-2]:
            code, _, said = run(*look)
            assert (look, code) == (look, CODES.get(look[0], 0)), said
            assert contents(folder) == before


@pytest.mark.parametrize("beside", ["nothing", "log_that_is_closed", "log_of_a_dead_writer", "hot_journal"])
def test_the_first_look_of_a_start(tmp_path: Path, behind: Path, beside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a start at head does is a look and nothing else."""
    folder = tmp_path / "volume"
    folder.mkdir()
    file = Path(shutil.copy(behind, folder))
    history.upgrade(engine_of(f"sqlite:///{file}"))
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    with BESIDE[beside][0](file):
        before = contents(folder)
        assert run_auto_migration() is True
        assert contents(folder) == before


def _without_root_s_rights() -> None:
    """Give up what lets root read and write anything: what the permissions say then holds for the process started."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH; PR_CAPBSET_DROP
        libc.prctl(24, capability, 0, 0, 0)


EVERY_LOOK = (
    "import sys; import painel_migrations; from homecoming import cli\n"
    f"for look in {LOOKS!r}:\n"
    "    print('--', look[0], cli.main(look), flush=True)"
)


@pytest.mark.skipif(sys.platform != "linux", reason="root's rights are given up as Linux has them")
@pytest.mark.parametrize("beside", ["nothing", "log_that_is_closed", "log_of_a_dead_writer", "hot_journal"])
@pytest.mark.parametrize("closed", ["file", "folder", "both"])
def test_a_place_that_cannot_be_written(behind: Path, tmp_path: Path, beside: str, closed: str) -> None:
    folder = tmp_path / "volume"
    folder.mkdir()
    file = Path(shutil.copy(behind, folder))
    with BESIDE[beside][0](file):
        before = contents(folder)
        for path in folder.iterdir():
            path.chmod(0o644 if closed == "folder" else 0o444)
        folder.chmod(0o755 if closed == "file" else 0o555)
        ended = subprocess.run(
            [sys.executable, "-c", EVERY_LOOK],
            env=command.environment(f"sqlite:///{file}"),
            preexec_fn=_without_root_s_rights,
            capture_output=True,
            text=True,
            check=False,
        )
        folder.chmod(0o755)
        assert contents(folder) == before
    assert "Traceback" not in ended.stderr
    codes = [line.split()[1:] for line in ended.stdout.splitlines() if line.startswith("-- ")]
    # The file is looked at all the same; what a run could not write is refused where a run is planned.
    refusing = {"doctor": 4, "upgrade": 4, "repair": 4}
    assert codes == [[look[0], str((CODES | refusing).get(look[0], 0))] for look in LOOKS], ended.stderr
