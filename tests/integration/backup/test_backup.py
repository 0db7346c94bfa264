"""A backup is whole or not there, says what was in the database at one moment, and is refused where it is not whole."""

from __future__ import annotations

import json
import os
import shutil
import stat
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import checksums, client, contents, manifest, place
from homecoming.backup_settings import Backups
from homecoming.connection.engines import make_engine
from homecoming.errors import Refused, UsageError
from tests.conftest import engine_of
from tests.support import command, history, lineage, servers
from tests.support.command import Ran

OLD = """#!/bin/sh
[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) 9.6.24"; exit; }
touch "$0.ran"
"""


def address(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


@pytest.fixture
def filled(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A database of each kind with rows, as somebody's create_all() left it, as DATABASE_URL."""
    lineage.build(database, 18, rows=3)
    monkeypatch.setenv("DATABASE_URL", address(database))
    return database


def made(folder: Path = Path("backups")) -> tuple[Path, manifest.Manifest]:
    """The one backup there is, whose folder holds nothing else."""
    (path,) = folder.glob("*.json")
    file = path.with_suffix("")
    assert sorted(folder.iterdir()) == sorted([file, path])
    return file, manifest.read(file)


def rows_in(engine: sa.Engine) -> dict[str, int]:
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        return {name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar_one() for name in names}


def test_a_backup_says_what_is_in_it(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    code, out, err = run("backup")
    assert (code, err) == (0, "")
    assert "Next, prove that it restores: make backup-verify" in out
    file, told = made()
    assert {name.split(".")[-1]: count.rows for name, count in told.tables.items()} == rows_in(filled)
    assert (told.revision, told.made_for, told.proven) == (None, "person", None)
    assert (told.size, told.sha256) == (file.stat().st_size, place.sha256_of(file))
    assert len(told.fingerprint) == 64
    assert len(told.run) == 36


def test_only_its_owner_reads_it(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    before = os.umask(0)
    try:
        assert run("backup")[0] == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("backups").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in Path("backups").iterdir()} == {0o600}


def test_it_is_named_by_database_revision_and_time(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    history.upgrade(filled, "0004")
    assert run("backup")[0] == 0
    file, told = made()
    name = Path(str(filled.url.database)).stem
    assert file.name.startswith(f"{name}-0004-{told.made_at[:4]}")
    assert told.revision == "0004"


def test_no_credential_is_written_or_handed_on(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password reaches pg_dump by its environment: a command line is anybody's to read."""
    lineage.build(postgres, 18, rows=1)
    real, seen = server.bin / "pg_dump", Path("seen")
    folder = Path("clients").absolute()
    folder.mkdir()
    watching = folder / "pg_dump"
    watching.write_text(
        f'#!/bin/sh\necho "$@" >>{seen.absolute()}\necho "$PGPASSWORD" >>{seen.absolute()}.env\nexec {real} "$@"\n'
    )
    watching.chmod(0o700)
    (folder / "pg_restore").symlink_to(server.bin / "pg_restore")
    monkeypatch.setenv("MIGRATION_PG_DUMP", str(watching))
    monkeypatch.setenv("DATABASE_URL", address(postgres).replace("postgres@", "postgres:s3cr3t-x@"))
    code, out, err = run("backup")
    assert code == 0, err
    assert "--no-owner --no-privileges" in seen.read_text()
    assert "s3cr3t-x" not in seen.read_text() + out + err
    assert "s3cr3t-x" in Path(f"{seen}.env").read_text()
    assert not any("s3cr3t-x" in path.read_text("latin-1") for path in Path("backups").iterdir())


def test_a_client_that_is_older_is_refused_before_it_is_run(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    old = Path("pg_dump").absolute()
    old.write_text(OLD)
    old.chmod(0o700)
    monkeypatch.setenv("MIGRATION_PG_DUMP", str(old))
    monkeypatch.setenv("DATABASE_URL", address(postgres))
    code, _, err = run("backup")
    assert code == 4
    assert f"Error: no pg_dump for PostgreSQL {server.version}: the newest here is 9.6.24" in err
    assert f"Next: Install postgresql-client-{server.version}" in err
    assert not list(Path("backups").iterdir())
    assert not Path("pg_dump.ran").exists()


def test_what_is_named_and_is_no_client_is_said(
    server_of: Callable[[int], servers.Server], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_PG_DUMP", "nowhere")
    with pytest.raises(UsageError, match="MIGRATION_PG_DUMP names nowhere"):
        client.clients(Backups(Path("backups"), Path("nowhere")))


def test_the_nearest_client_is_taken(server_of: Callable[[int], servers.Server]) -> None:
    """What a newer one writes an older server does not take back."""
    given = Backups(Path("backups"), None)
    assert [client.fitting(given, version).major for version in (16, 18)] == [16, 18]
    assert client.fitting(given, 17).major == 18


def test_a_table_that_cannot_be_read_refuses_it(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(postgres, 18, rows=1)
    role = f"reader_{os.getpid()}"
    name = str(postgres.url.database)
    with server.connection(name) as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
        cursor.execute(f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}")
        cursor.execute(f"REVOKE SELECT ON usuarios, eventos, eventos_id_seq FROM {role}")
        cursor.execute("CREATE SCHEMA other; CREATE TABLE other.one (id int)")
    monkeypatch.setenv("DATABASE_URL", address(postgres).replace("postgres@", f"{role}@"))
    try:
        code, _, err = run("backup")
        assert code == 4
        assert "other.one cannot be read by this role (and 3 more): it lacks USAGE on the schema" in err
        advised = err.split("Next: ")[1].strip()
        assert advised == (
            f"GRANT USAGE ON SCHEMA other TO {role}; "
            f"GRANT SELECT ON TABLE other.one, public.eventos, public.usuarios TO {role}; "
            f"GRANT SELECT ON SEQUENCE public.eventos_id_seq TO {role}"
        )
        with server.connection(name) as cursor:
            cursor.execute(advised)
        assert run("backup")[0] == 0
        with server.connection(name) as cursor:
            cursor.execute("ALTER TABLE usuarios ENABLE ROW LEVEL SECURITY")
        code, _, err = run("backup")
        assert code == 4
        assert "a policy hides rows from it" in err
    finally:
        with server.connection(name) as cursor:
            cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_no_room_is_said_with_the_estimate(
    filled: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 1000

    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: Full)
    code, _, err = run("backup")
    assert code == 4
    assert "no room for a backup in backups: it may need " in err
    assert "(estimated)" in err
    assert not list(Path("backups").iterdir())


def test_a_disk_that_fills_up_leaves_nothing(filled: sa.Engine) -> None:
    """A limit for files that the process and its client may write takes the full disk's place: 64 kB.

    What Python compiled would be cut off as well, and the next process would read it (``-B``).
    """
    limited = f"ulimit -f 64; exec {sys.executable} -B -m painel_migrations backup"
    ended = command.of(address(filled), "sh", "-c", limited)
    assert ended.code != 0
    assert ended.err.startswith("Error: ")
    assert list(Path("backups").iterdir()) == []
    assert command.run(address(filled), "backup").code == 0


def test_it_is_of_one_moment_while_others_write(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    """A writer changes two tables in each of its transactions: in a backup they agree, and so do manifest and file."""
    with filled.begin() as connection:
        for name in ("left_hand", "right_hand"):
            connection.exec_driver_sql(f"CREATE TABLE {name} (n integer, t varchar(2000))")
    stop = threading.Event()

    def write() -> None:
        engine, number = engine_of(address(filled)), 0
        while not stop.is_set():
            with engine.begin() as connection:
                for name in ("left_hand", "right_hand"):
                    connection.exec_driver_sql(f"INSERT INTO {name} VALUES ({number}, '{'x' * 500}')")
            number += 1
            stop.wait(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        codes = [run("backup")[0] for _ in range(3)]
    finally:
        stop.set()
        writer.join()
    assert codes == [0, 0, 0]
    for told in manifest.found(Path("backups")):
        hands = {name.split(".")[-1]: count for name, count in told.tables.items() if name.endswith("_hand")}
        assert hands["left_hand"] == hands["right_hand"]
        assert run("backup-verify", str(Path("backups") / told.file))[0] == 0


def test_a_checksum_knows_no_order_and_sees_each_cell(filled: sa.Engine) -> None:
    rows = [(1, "a", None), (2, "", 1.5), (2, "", 1.5), (3, "ç\\\n", 0.1)]

    def counted(order: list[int], columns: str, change: str = "") -> manifest.Count:
        with filled.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS tried")
            kinds = {"a": "integer", "b": "text", "c": "double precision"}
            connection.exec_driver_sql(f"CREATE TABLE tried ({', '.join(f'{one} {kinds[one]}' for one in columns)})")
            for number in order:
                values = dict(zip("abc", rows[number], strict=True))
                connection.execute(sa.text("INSERT INTO tried (a, b, c) VALUES (:a, :b, :c)"), values)
            if change:
                connection.exec_driver_sql(change)
        engine = make_engine(filled.url, read_only=True)
        with engine.connect() as connection:
            (table,) = [one for one in contents.tables_of(connection) if one.name.endswith("tried")]
            return contents.count(connection, table, checksums.best(connection))

    first = counted([0, 1, 2, 3], "abc")
    assert first.rows == 4
    assert counted([3, 2, 1, 0], "cab") == first
    for change in (
        "UPDATE tried SET c = 0.1000000001 WHERE a = 3",
        "UPDATE tried SET b = NULL WHERE a = 2",
        "UPDATE tried SET b = '' WHERE a = 1",
        "UPDATE tried SET a = 4 WHERE a = 3",
        "DELETE FROM tried WHERE a = 2",
    ):
        assert counted([0, 1, 2, 3], "abc", change) != first


def test_a_damaged_file_is_told_and_not_kept(
    sqlite: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(sqlite, 18, rows=200)
    file = Path(str(sqlite.url.database))
    content = bytearray(file.read_bytes())
    with sqlite.connect() as connection:
        page = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = 'usuarios'").scalar_one()
        size = connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    content[(page - 1) * size : (page - 1) * size + 40] = b"\xff" * 40
    file.write_bytes(content)
    monkeypatch.setenv("DATABASE_URL", address(sqlite))
    code, _, err = run("backup")
    assert code == 1
    assert "is damaged" in err
    assert list(Path("backups").iterdir()) == []


def test_what_cannot_be_written_is_said(
    sqlite: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(sqlite, 18, rows=1)
    monkeypatch.setenv("DATABASE_URL", address(sqlite))
    Path("taken").touch()
    monkeypatch.setenv("MIGRATION_BACKUP_DIR", "taken/backups")
    code, _, err = run("backup")
    assert (code, "MIGRATION_BACKUP_DIR" in err) == (2, True)


def test_a_manifest_is_json_for_anybody(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    file, told = made()
    document = json.loads(manifest.beside(file).read_text())
    assert document["format"] == 1
    assert document["tables"].keys() == told.tables.keys()


def test_neither_half_is_taken_for_a_backup(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    file, told = made()
    beside = manifest.beside(file)
    text = beside.read_text()
    beside.unlink()
    with pytest.raises(Refused, match="has no manifest"):
        manifest.read(file)
    code, _, err = run("backup-verify", str(file))
    assert (code, "has no manifest" in err) == (4, True)
    assert manifest.found(Path("backups")) == []
    beside.write_text(text.replace('"size"', '"length"'))
    assert run("backup-verify", str(file))[0] == 4
    beside.write_text(text)
    file.unlink()
    code, _, err = run("backup-verify", told.file)
    assert (code, f"{file.name}, of which it tells, is not" in err) == (4, True)
    assert run("backup-verify")[0] == 4
