"""An upgrade makes a backup first where it has something to change, and somebody something to lose."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import manifest, place
from homecoming.settings import read_settings
from painel_migrations.auto_migrate import run_auto_migration
from tests.integration.backup.test_backup import address, made, rows_in
from tests.support import command, lineage, servers
from tests.support.command import Ran
from tests.support.history import HEAD, REVISIONS

BACKUPS = Path("backups")


@pytest.fixture
def filled(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A database of each kind with rows that is to be upgraded, and nobody who says whether there is a backup."""
    monkeypatch.delenv("MIGRATION_BACKUP")
    lineage.build(database, 18, rows=3)
    monkeypatch.setenv("DATABASE_URL", address(database))
    return database


def noted(engine: sa.Engine) -> list[tuple[str, str, str]]:
    """What the lines say that are of no revision."""
    with engine.connect() as connection:
        lines = "SELECT direction, revision, revision_sha256 FROM migration_history ORDER BY id"
        rows = connection.exec_driver_sql(lines).all()
        return [(row[0], row[1], row[2]) for row in rows if row[0].startswith("backup")]


def revision_of(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()


def test_an_upgrade_makes_one_and_notes_it(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    before = rows_in(filled)
    code, out, err = run("upgrade")
    assert (code, err) == (0, "")
    file, told = made()
    assert (told.made_for, told.revision) == ("upgrade", None)
    assert {name.split(".")[-1]: count.rows for name, count in told.tables.items()} == before
    assert noted(filled) == [("backup auto", "base", told.sha256)]
    assert out.index(f"Backup: {file}") < out.index("-> 0001")
    code, out, err = run("history")
    assert (code, "backup auto" in out) == (0, True)
    assert f"revisions: {len(REVISIONS)}," in out


def test_the_last_lines_say_the_ways_back_and_both_lead_there(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    before = rows_in(filled)
    _, out, _ = run("upgrade")
    keeps, loses = out.splitlines()[-2:]
    file, _ = made()
    assert "Where the application does not work with it: make downgrade REV=base, which keeps the rows" in keeps
    assert f"Where data was damaged: make restore FILE={file}, which is without what was written since" in loses
    assert run("downgrade", "base")[0] == 0
    assert {name: rows for name, rows in rows_in(filled).items() if name in before} == before
    assert run("upgrade", "--backup", "off")[0] == 0
    code, _, err = run("restore", str(file))
    assert code == 0, err
    assert rows_in(filled) == before


def test_a_repair_makes_one_only_where_it_mends_something(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("upgrade", "--backup", "off")[0] == 0
    assert run("repair")[0] == 0
    assert not BACKUPS.exists()
    for mode in ("auto", "require", "off"):
        with filled.begin() as connection:
            connection.exec_driver_sql("DROP INDEX idx_analytics_evento_id")
        before = rows_in(filled)
        code, out, err = run("repair", "--backup", mode)
        assert (code, err) == (0, "")
        if mode == "off":
            break
        file, told = made()
        assert (told.made_for, told.revision) == ("upgrade", HEAD)
        # What is retired is in it, too.
        assert before.items() <= {name.split(".")[-1]: count.rows for name, count in told.tables.items()}.items()
        assert out.index("Rehearsed in") < out.index(f"Backup: {file}") < out.index("-> 0001")
        assert noted(filled)[-1] == (f"backup {mode}", HEAD, told.sha256)
        file.unlink()
        manifest.beside(file).unlink()
    assert len(noted(filled)) == 2
    assert not list(BACKUPS.glob("*.json"))


def test_a_repair_that_may_not_begin_without_one_changes_nothing(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("upgrade", "--backup", "off")[0] == 0
    with filled.begin() as connection:
        connection.exec_driver_sql("DROP INDEX idx_analytics_evento_id")
    Path("taken").write_text("")
    monkeypatch.setenv("MIGRATION_BACKUP_DIR", "taken/backups")
    code, _, err = run("repair", "--backup", "require")
    assert code == 4
    assert "no backup before the run, which MIGRATION_BACKUP requires: the folder for backups" in err
    assert run("verify")[0] == 1


@pytest.mark.parametrize("said", ["setting", "option"])
def test_off_makes_none(filled: sa.Engine, run: Callable[..., Ran], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if said == "setting":
        monkeypatch.setenv("MIGRATION_BACKUP", "OFF")
    code, out, _ = run("upgrade", *(["--backup", "off"] if said == "option" else []))
    assert (code, BACKUPS.exists(), noted(filled)) == (0, False, [])
    assert "backup" not in out.lower()


def test_nothing_to_lose_and_nothing_to_do_make_none(
    database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Required or not: a new database upgrades as ever, also where there are tables and not a row; head is head."""
    monkeypatch.setenv("DATABASE_URL", address(database))
    monkeypatch.setenv("MIGRATION_BACKUP", "require")
    lineage.build(database, 18)
    for _ in range(2):
        code, _, err = run("upgrade")
        assert (code, BACKUPS.exists(), noted(database)) == (0, False, []), err
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE another (id integer); INSERT INTO another VALUES (1)") if (
            database.dialect.name == "postgresql"
        ) else connection.exec_driver_sql("CREATE TABLE another AS SELECT 1 AS id")
    assert run("upgrade")[0] == 0
    assert not BACKUPS.exists()


@pytest.mark.parametrize("database", ["pg18", "sqlite"], indirect=True)
class TestOneThatCannotBeMade:
    """It is said in a line, and the upgrade goes on; where one is required it does not begin."""

    @pytest.fixture(params=["too large", "not kept", "no folder", "fails"])
    def why(self, request: pytest.FixtureRequest, filled: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> str:
        why: str = request.param
        if why == "too large":
            monkeypatch.setenv("MIGRATION_BACKUP_LIMIT", "20 kB")
            return "more than MIGRATION_BACKUP_LIMIT (0.0 MB). Next: Take one yourself: make backup"
        if why == "not kept":
            memory = Path("/dev/shm")  # noqa: S108  it is in memory, and meant to be
            if not memory.is_dir() or place.is_kept(memory):
                pytest.skip("this machine has no file system in memory")
            monkeypatch.setenv("MIGRATION_BACKUP_DIR", str(memory / f"backups-{os.getpid()}"))
            return "is not on a disk that is kept. Next: Name a folder on a volume in MIGRATION_BACKUP_DIR"
        if why == "no folder":
            Path("taken").write_text("")
            monkeypatch.setenv("MIGRATION_BACKUP_DIR", "taken/backups")
            return "the folder for backups, taken/backups, cannot be used: Not a directory. Next: Name another"
        if filled.dialect.name == "postgresql":
            broken = Path("pg_dump").absolute()
            broken.write_text(
                '#!/bin/sh\n[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) 18.1"; exit; }\nexit 9\n'
            )
            broken.chmod(0o700)
            monkeypatch.setenv("MIGRATION_PG_DUMP", str(broken))
            return "pg_dump failed: exit code 9. Next: "
        monkeypatch.setattr(place, "RESERVE", 1 << 60)
        return "no room for a backup in backups: "

    def test_auto_says_so_and_goes_on(self, filled: sa.Engine, why: str, run: Callable[..., Ran]) -> None:
        code, out, err = run("upgrade")
        assert (code, err) == (0, "")
        assert "No backup before the run: " in out
        assert why in out
        assert noted(filled) == [("backup auto", "base", "")]
        assert "Where data was damaged" not in out
        assert not list(BACKUPS.glob("*"))

    def test_require_refuses_and_nothing_is_changed(self, filled: sa.Engine, why: str, run: Callable[..., Ran]) -> None:
        if "more than" in why:
            # A size is a reason not to make one by itself, and none not to make one at all.
            assert run("upgrade", "--backup", "require")[0] == 0
            assert noted(filled)[0][2] == made()[1].sha256
            return
        code, _, err = run("upgrade", "--backup", "require")
        assert (code, revision_of(filled)) == (4, None)
        assert "no backup before the run, which MIGRATION_BACKUP requires: " in err
        assert why.partition(". Next: ")[0] in err


def test_one_that_is_not_two_minutes_old_is_of_this_moment(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    file, told = made()
    code, out, _ = run("upgrade")
    assert code == 0
    assert f"Backup: {file}, made " in out
    assert (made()[0], noted(filled)) == (file, [("backup auto", "base", told.sha256)])


@pytest.mark.parametrize("change", ["older", "written since", "file damaged"])
def test_another_one_is_not(
    filled: sa.Engine, run: Callable[..., Ran], change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("backup")[0] == 0
    file, _ = made()
    if change == "older":
        monkeypatch.setattr("homecoming.backup.before.RECENT", 0.0)
    elif change == "file damaged":
        file.write_bytes(file.read_bytes()[:-1])
    else:
        with filled.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE written (t text)")
            connection.execute(sa.text("INSERT INTO written VALUES (:t)"), [{"t": "x" * 100}] * 500)
    time.sleep(1.1)
    assert run("upgrade")[0] == 0
    assert [told.made_for for told in manifest.found(BACKUPS)] == ["upgrade", "person"]


def test_it_is_over_before_the_run_begins(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    """A run that takes whole tables meets no session of a backup that reads them."""
    assert run("upgrade")[0] == 0
    if filled.dialect.name == "postgresql":
        with filled.connect() as connection:
            left = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
            assert connection.exec_driver_sql(left).scalar() == 0


class TestHook:
    """The start-up hook follows the setting, and without one makes none: it has little time, and no disk is kept."""

    def test_by_itself_it_makes_none(self, filled: sa.Engine) -> None:
        assert run_auto_migration() is True
        assert (BACKUPS.exists(), noted(filled)) == (False, [])

    def test_it_follows_the_setting(self, filled: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MIGRATION_BACKUP", "auto")
        assert run_auto_migration() is True
        assert noted(filled) == [("backup auto", "base", made()[1].sha256)]

    def test_required_and_impossible_the_application_starts_on_what_is_there(
        self, filled: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setenv("MIGRATION_BACKUP", "require")
        monkeypatch.setattr(place, "is_kept", lambda _folder: False)
        assert run_auto_migration() is False
        assert "Not migrated: no backup before the run" in caplog.text
        assert revision_of(filled) is None

    def test_at_head_it_loads_nothing_of_backups(self, filled: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        assert run_auto_migration() is True
        hook = (
            "import sys, painel_migrations.auto_migrate as hook\n"
            "assert hook.run_auto_migration()\n"
            "print([name for name in sys.modules if name.startswith('homecoming.backup.')])"
        )
        ended = command.of(filled.url, sys.executable, "-c", hook, MIGRATION_BACKUP="auto")
        assert ended.out.splitlines()[-1] == "[]", ended.err


@pytest.mark.parametrize("shared", [True, False], ids=["one folder", "a folder each"])
def test_three_replicas_make_one_backup(filled: sa.Engine, shared: bool) -> None:
    """Whoever comes first makes it; the others wait for its run, and find nothing to do."""
    if not shared and filled.dialect.name == "sqlite":
        pytest.skip("replicas of one file have one disk")
    hook = "from painel_migrations.auto_migrate import run_auto_migration as run\nraise SystemExit(not run())"
    replicas = []
    for number in range(3):
        folder = "backups" if shared else f"backups-{number}"
        environment = command.environment(filled.url, MIGRATION_BACKUP="require", MIGRATION_BACKUP_DIR=folder)
        replicas.append(
            subprocess.Popen([sys.executable, "-c", hook], env=environment, stderr=subprocess.PIPE, text=True)
        )
    said = [replica.communicate(timeout=command.WITHIN)[1] for replica in replicas]
    assert [replica.returncode for replica in replicas] == [0, 0, 0], said
    files = [path for folder in Path().glob("backups*") for path in folder.glob("*.json")]
    assert len(files) == 1, said
    assert [direction for direction, _, _ in noted(filled)] == ["backup require"]
    assert revision_of(filled) == HEAD


@pytest.mark.parametrize("database", ["pg18"], indirect=True)
def test_nobody_waits_for_the_backup(filled: sa.Engine) -> None:
    """While it is made others read and write: what they wait for is each other."""
    with filled.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE many AS SELECT n, repeat(md5(n::text), 9) AS t FROM generate_series(1, 90000) n"
        )
    waits, ended = [], threading.Event()

    def customer() -> None:
        with filled.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            while not ended.wait(0.01):
                began = time.monotonic()
                connection.exec_driver_sql("UPDATE many SET t = t WHERE n = 7")
                waits.append(time.monotonic() - began)

    thread = threading.Thread(target=customer)
    thread.start()
    try:
        made_one = command.run(filled.url, "backup")
    finally:
        ended.set()
        thread.join()
    assert made_one.code == 0
    assert len(waits) > 10
    assert max(waits) < 0.5


@pytest.mark.parametrize("database", ["pg16", "pg18"], indirect=True)
def test_it_gives_way_to_who_wants_a_whole_table(
    filled: sa.Engine, server_of: Callable[[int], servers.Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All who come after it would queue up behind that one, until the dump is through."""
    real = server_of(18).bin / "pg_dump"
    slow = Path("pg_dump").absolute()
    slow.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec {real} --version\ntouch dumping\nexec sleep 60\n')
    slow.chmod(0o700)
    (slow.parent / "pg_restore").symlink_to(real.with_name("pg_restore"))
    process = command.start(filled.url, "upgrade", env=command.environment(filled.url, MIGRATION_PG_DUMP=str(slow)))
    deadline = time.monotonic() + command.WITHIN
    while not Path("dumping").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with filled.begin() as connection:
        began = time.monotonic()
        connection.exec_driver_sql("LOCK TABLE usuarios IN ACCESS EXCLUSIVE MODE")
        waited = time.monotonic() - began
    ended = command.end(process)
    assert ended.code == 0, ended.err
    assert waited < 3
    assert "No backup before the run: somebody waited for a table that it reads, and went first" in ended.out
    assert (noted(filled), revision_of(filled)) == ([("backup auto", "base", "")], HEAD)
    assert not list(BACKUPS.iterdir())


@pytest.mark.parametrize("database", ["pg18"], indirect=True)
def test_a_table_that_is_held_is_named(filled: sa.Engine) -> None:
    """It does not wait longer for a table than a run does."""
    variables = {"MIGRATION_LOCK_TIMEOUT": "0.3", "MIGRATION_LOCK_PAUSES": "0", "MIGRATION_BACKUP": "require"}
    with filled.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE eventos IN ACCESS EXCLUSIVE MODE")
        ended = command.run(filled.url, "upgrade", env=command.environment(filled.url, **variables))
    assert (ended.code, revision_of(filled)) == (4, None)
    assert "no backup before the run" in ended.err


def test_predeploy_follows_the_setting(filled: sa.Engine, server_of: Callable[[int], servers.Server]) -> None:
    script = Path(__file__).parents[3] / "scripts/deploy/predeploy.sh"
    with_python = {"PREDEPLOY_PYTHON": sys.executable, "MIGRATION_BACKUP": "require"}
    ended = command.of(filled.url, "sh", str(script), MIGRATION_BACKUP_DIR="/proc/backups", **with_python)
    assert (ended.code, revision_of(filled)) == (4, None), ended.out
    ended = command.of(filled.url, "sh", str(script), **with_python)
    assert ended.code == 0, ended.out
    assert noted(filled) == [("backup require", "base", made()[1].sha256)]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_make_takes_backup(filled: sa.Engine) -> None:
    root = Path(__file__).parents[3]
    said = subprocess.run(
        ["make", "-n", "-C", str(root), "upgrade", "BACKUP=require"], capture_output=True, text=True, check=True
    )
    assert '--backup="$GIVEN_BACKUP" -- ' in said.stdout
    assert shlex.split(said.stdout)


def test_what_the_variables_take(monkeypatch: pytest.MonkeyPatch, run: Callable[..., Ran]) -> None:
    for text, size in (("2GB", 2 * 10**9), ("700 mb", 7 * 10**8), ("1024", 1024), ("5k", 5000)):
        monkeypatch.setenv("MIGRATION_BACKUP_LIMIT", text)
        assert read_settings().backup.limit == size
    monkeypatch.setenv("MIGRATION_BACKUP_LIMIT", "much")
    code, _, err = run("status")
    assert (code, "MIGRATION_BACKUP_LIMIT is not a size" in err) == (2, True)
    monkeypatch.delenv("MIGRATION_BACKUP_LIMIT")
    monkeypatch.setenv("MIGRATION_BACKUP", "perhaps")
    code, _, err = run("status")
    assert (code, "MIGRATION_BACKUP is none of auto, require, off" in err) == (2, True)
    monkeypatch.delenv("MIGRATION_BACKUP")
    assert (read_settings().backup.mode, read_settings().backup.limit) == (None, 5 * 10**8)


def test_what_is_kept_is_told_by_its_file_system(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "overlay / overlay rw 0 0\n/dev/sda /data ext4 rw 0 0\ntmpfs /data/in\\040memory tmpfs rw 0 0\n"
        "proc /proc proc rw 0 0\n"
    )
    told = {
        name: place.is_kept(Path(name), mounts) for name in ("/app/backups", "/data/x", "/data/in memory/x", "/datax")
    }
    assert told == {"/app/backups": False, "/data/x": True, "/data/in memory/x": False, "/datax": False}
    assert place.is_kept(Path("/app"), tmp_path / "none")
