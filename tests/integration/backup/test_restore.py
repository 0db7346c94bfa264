"""A restore takes the place of what is there only when it is whole, keeps that, and asks before it is wrong."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import manifest, restore_server
from tests.conftest import engine_of
from tests.integration.backup.test_backup import address, filled, made
from tests.support import history, lineage, servers
from tests.support.command import Ran

__all__ = ["filled"]


def cells(engine: sa.Engine) -> dict[str, list[str]]:
    """Every cell of every table, schema `retired` included, as text."""
    found = {}
    with engine.connect() as connection:
        inspected = sa.inspect(connection)
        schemas = ["public", "retired"] if engine.dialect.name == "postgresql" else [None]
        for schema in schemas:
            for name in inspected.get_table_names(schema):
                table = f'"{schema}"."{name}"' if schema else f'"{name}"'
                rows = connection.exec_driver_sql(f"SELECT * FROM {table}")
                found[table] = sorted(repr(tuple(row)) for row in rows)
    return found


def damage(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE usuarios SET nome = 'x'")
        connection.exec_driver_sql("DELETE FROM checkins")
        connection.exec_driver_sql("CREATE TABLE stray (a integer)")


@pytest.fixture
def kept(filled: sa.Engine, server_of: Callable[[int], servers.Server]) -> Iterator[Callable[[], sa.Engine]]:
    """A function that gives the database, or file, that was kept."""
    opened: list[tuple[servers.Server, str]] = []

    def get() -> sa.Engine:
        if filled.dialect.name == "sqlite":
            (file,) = Path(str(filled.url.database)).parent.glob("*.before-*.db")
            return engine_of(f"sqlite:///{file}")
        server = next(one for one in map(server_of, (16, 18)) if one.port == filled.url.port)
        with server.connection("postgres") as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{filled.url.database}_before_%"])
            ((name,),) = cursor.fetchall()
        opened.append((server, name))
        return engine_of(server.url(name))

    yield get
    for server, name in opened:
        server.drop_database(name)


def test_every_cell_comes_back_and_the_damaged_one_is_kept(
    filled: sa.Engine, kept: Callable[[], sa.Engine], run: Callable[..., Ran]
) -> None:
    history.upgrade(filled)
    before = cells(filled)
    assert run("backup")[0] == 0
    damage(filled)
    damaged = cells(filled)
    file, _ = made()
    code, out, err = run("restore", str(file))
    assert (code, err) == (0, "")
    assert "What was there is kept as " in out
    assert cells(filled) == before
    assert cells(kept()) == damaged
    assert run("verify")[0] == 0
    assert run("upgrade")[0] == 0


def test_a_hand_patched_one_comes_back_as_well(
    filled: sa.Engine, kept: Callable[[], sa.Engine], run: Callable[..., Ran]
) -> None:
    with filled.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE notas_do_bar (id integer PRIMARY KEY, texto text)")
        connection.exec_driver_sql("INSERT INTO notas_do_bar VALUES (1, 'fiado')")
    before = cells(filled)
    assert run("backup")[0] == 0
    history.upgrade(filled)
    assert run("restore", made()[0].name)[0] == 0
    assert cells(filled) == before
    kept()


def test_a_damaged_backup_changes_nothing(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    file, _ = made()
    content = bytearray(file.read_bytes())
    content[-100] ^= 4
    file.write_bytes(content)
    before = cells(filled)
    code, _, err = run("restore", str(file))
    assert (code, "is damaged" in err) == (1, True)
    assert cells(filled) == before


def test_what_does_not_come_back_as_it_was_is_not_put_in_place(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    """The file is whole, and the manifest tells of another: the restored one goes, the old one stays."""
    assert run("backup")[0] == 0
    file, told = made()
    name = next(one for one in told.tables if one.endswith("usuarios"))
    path = manifest.beside(file)
    path.write_text(path.read_text().replace(told.tables[name].checksum, "0" * 16))
    before, databases = cells(filled), databases_beside(filled)
    code, _, err = run("restore", str(file))
    assert code == 1
    assert "what its manifest says" in err or "what the manifest says" in err
    assert cells(filled) == before
    assert databases_beside(filled) == databases


def databases_beside(engine: sa.Engine) -> set[str]:
    """The databases of its server, or the files of its folder: other tests may have left some of theirs."""
    if engine.dialect.name == "sqlite":
        return {file.name for file in Path(str(engine.url.database)).parent.glob("*.before-*")}
    with engine.connect() as connection:
        return set(connection.exec_driver_sql("SELECT datname FROM pg_database").scalars())


# PostgreSQL.


@pytest.fixture
def home(server: servers.Server, postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[sa.Engine]:
    """A database of a server with rows, as DATABASE_URL; what it leaves beside it goes afterwards."""
    lineage.build(postgres, 18, rows=2)
    monkeypatch.setenv("DATABASE_URL", address(postgres))
    yield postgres
    with server.connection("postgres") as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{postgres.url.database}_"])
        names = [name for (name,) in cursor.fetchall()]
    for name in names:
        server.drop_database(name)


def test_sessions_of_the_application_are_ended(home: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    with engine_of(address(home)).connect() as application:
        application.exec_driver_sql("SELECT 1")
        assert run("restore", made()[0].name)[0] == 0
        with pytest.raises(sa.exc.OperationalError):
            application.exec_driver_sql("SELECT 1")
        application.invalidate()


def test_another_databases_place_is_taken_only_where_it_is_confirmed(
    server: servers.Server, home: sa.Engine, run: Callable[..., Ran]
) -> None:
    assert run("backup")[0] == 0
    file, other = made()[0].name, f"{home.url.database}_other"
    engine = engine_of(server.create_database(other))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE precious (a integer)")
    code, _, err = run("restore", file, f"--into={other}")
    assert (code, f"CONFIRM={other}" in err) == (4, True)
    assert run("restore", file, f"--into={other}", "--confirm=wrong")[0] == 4
    assert sa.inspect(engine).get_table_names() == ["precious"]
    assert run("restore", file, f"--into={other}", f"--confirm={other}")[0] == 0
    assert cells(engine) == cells(home)


def test_into_a_name_that_is_nobodys(server: servers.Server, home: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    name = f"{home.url.database}_new"
    code, out, _ = run("restore", made()[0].name, f"--into={name}")
    assert (code, "is kept as" in out) == (0, False)
    assert cells(engine_of(server.url(name))) == cells(home)


def test_settings_and_rights_of_the_database_stay(
    server: servers.Server, home: sa.Engine, run: Callable[..., Ran]
) -> None:
    role, name = f"barman_{os.getpid()}", str(home.url.database)
    facts = (
        "SELECT datacl::text, datconnlimit, "
        "(SELECT array_agg(coalesce(r.rolname, '') || ' ' || s.setconfig::text ORDER BY 1) "
        "FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole WHERE s.setdatabase = d.oid) "
        "FROM pg_database d WHERE datname = %s"
    )
    with server.connection(name) as cursor:
        cursor.execute(f"CREATE ROLE {role}; REVOKE ALL ON DATABASE {name} FROM PUBLIC")
        cursor.execute(f"GRANT CONNECT ON DATABASE {name} TO {role}; ALTER DATABASE {name} CONNECTION LIMIT 50")
        cursor.execute(f"ALTER DATABASE {name} SET timezone = 'America/Recife'")
        cursor.execute(f'ALTER DATABASE {name} SET search_path = public, "$user"')
        cursor.execute(f"ALTER ROLE {role} IN DATABASE {name} SET statement_timeout = '7s'")
        cursor.execute(facts, [name])
        before = cursor.fetchone()
    try:
        assert run("backup")[0] == 0
        assert run("restore", made()[0].name)[0] == 0
        with server.connection(name) as cursor:
            cursor.execute(facts, [name])
            assert cursor.fetchone() == before
    finally:
        with server.connection("postgres") as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
            names = [one for (one,) in cursor.fetchall()]
        for one in names:
            server.drop_database(one)
        with server.connection("postgres") as cursor:
            cursor.execute(f"DROP ROLE {role}")


def test_without_the_right_it_says_how(
    server: servers.Server, home: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not into a database with tables, whatever the rights; into an empty one that an administrator has made, yes."""
    role, name = f"waiter_{os.getpid()}", str(home.url.database)
    with server.connection(name) as cursor:
        cursor.execute(f"CREATE ROLE {role} LOGIN")
    try:
        assert run("backup")[0] == 0
        file = made()[0].name
        monkeypatch.setenv("DATABASE_URL", address(home).replace("postgres@", f"{role}@"))
        before = cells(home)
        code, _, err = run("restore", file)
        assert (code, "may not make databases" in err) == (4, True)
        assert cells(home) == before
        empty = err.split("INTO=")[1].split(",")[0]
        with server.connection("postgres") as cursor:
            cursor.execute(f"CREATE DATABASE {empty} OWNER {role}")
        code, _, err = run("restore", file, f"--into={empty}")
        assert (code, err) == (0, "")
        assert cells(engine_of(server.url(empty))) == before
    finally:
        with server.connection("postgres") as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [f"{name}_"])
            names = [one for (one,) in cursor.fetchall()]
        for one in names:
            server.drop_database(one)
        with server.connection(name) as cursor:
            cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")


def test_from_16_into_18(
    server_of: Callable[[int], servers.Server], run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"moves_{os.getpid()}"
    old, new = (engine_of(server_of(version).create_database(name)) for version in (16, 18))
    try:
        lineage.build(old, 18, rows=3)
        monkeypatch.setenv("DATABASE_URL", address(old))
        assert run("backup")[0] == 0
        monkeypatch.setenv("DATABASE_URL", address(new))
        code, _, err = run("restore", made()[0].name)
        assert (code, err) == (0, "")
        assert cells(new) == cells(old)
        # The other way round as well, which a newer pg_restore makes difficult.
        file = made()[0]
        for path in (file, manifest.beside(file)):
            path.unlink()
        assert run("backup")[0] == 0
        monkeypatch.setenv("DATABASE_URL", address(old))
        history.upgrade(old)
        assert run("restore", made()[0].name, f"--confirm={name}")[0] == 0
        assert cells(old) == cells(new)
    finally:
        for version in (16, 18):
            with server_of(version).connection("postgres") as cursor:
                cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [name])
                names = [one for (one,) in cursor.fetchall()]
            for one in names:
                server_of(version).drop_database(one)


def test_sessions_that_do_not_end_are_told(
    home: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("backup")[0] == 0
    monkeypatch.setattr(restore_server, "_RENAMES", 1)
    monkeypatch.setattr(restore_server, "_THIRD", ("template1",))
    monkeypatch.setattr(restore_server, "_ending", lambda *_: contextlib.nullcontext())
    with engine_of(address(home)).connect() as application:
        application.exec_driver_sql("SELECT 1")
        code, _, err = run("restore", made()[0].name)
        assert (code, "do not end" in err) == (5, True)
        application.exec_driver_sql("SELECT 1")


# SQLite.


@pytest.fixture
def file(sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> Path:
    lineage.build(sqlite, 18, rows=2)
    monkeypatch.setenv("DATABASE_URL", address(sqlite))
    return Path(str(sqlite.url.database))


def test_a_file_that_is_in_use_is_left_alone(
    file: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("backup")[0] == 0
    monkeypatch.setenv("MIGRATION_LOCK_TIMEOUT", "0.2")
    for mode in ("DELETE", "WAL"):
        application = sqlite3.connect(file, isolation_level=None)
        application.execute(f"PRAGMA journal_mode = {mode}")
        application.execute("BEGIN IMMEDIATE")
        application.execute("UPDATE usuarios SET nome = 'y'")
        code, _, err = run("restore", made()[0].name)
        assert (code, "another process has eventos.db open" in err) == (5, True)
        application.execute("COMMIT")
        assert application.execute("SELECT DISTINCT nome FROM usuarios").fetchall() == [("y",)]
        application.close()


def test_a_log_that_lies_beside_it_is_not_taken_for_the_new_ones(
    file: Path, run: Callable[..., Ran], sqlite: sa.Engine
) -> None:
    """A log of the old file, merged into the new one, would be the end of it."""
    before = cells(sqlite)
    assert run("backup")[0] == 0
    writer = sqlite3.connect(file)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("UPDATE usuarios SET nome = 'y'")
    writer.commit()
    log = file.with_name(file.name + "-wal").read_bytes()
    writer.close()
    file.with_name(file.name + "-wal").write_bytes(log)
    assert run("restore", made()[0].name)[0] == 0
    assert not file.with_name(file.name + "-wal").exists()
    assert cells(sqlite) == before
    (kept,) = file.parent.glob("*.before-*.db")
    assert sqlite3.connect(kept).execute("SELECT DISTINCT nome FROM usuarios").fetchall() == [("y",)]


def test_a_file_that_is_no_database_any_more_is_replaced_and_kept(
    file: Path, run: Callable[..., Ran], sqlite: sa.Engine
) -> None:
    before = cells(sqlite)
    assert run("backup")[0] == 0
    file.write_bytes(b"\xff" * 9000)
    file.chmod(0o640)
    assert run("restore", made()[0].name)[0] == 0
    assert cells(sqlite) == before
    assert file.stat().st_mode & 0o777 == 0o640
    (kept,) = file.parent.glob("*.before-*.db")
    assert kept.read_bytes() == b"\xff" * 9000


def test_another_file_is_taken_only_where_it_is_confirmed(
    file: Path, run: Callable[..., Ran], sqlite: sa.Engine
) -> None:
    assert run("backup")[0] == 0
    other = file.with_name("outra.db")
    lineage.build(engine_of(f"sqlite:///{other}"), 3, rows=1)
    content = other.read_bytes()
    code, _, err = run("restore", made()[0].name, f"--into={other}")
    assert (code, "CONFIRM=outra.db" in err) == (4, True)
    assert other.read_bytes() == content
    assert run("restore", made()[0].name, f"--into={other}", "--confirm=outra.db")[0] == 0
    assert cells(engine_of(f"sqlite:///{other}")) == cells(sqlite)


def test_a_file_that_is_gone_is_made_again(file: Path, run: Callable[..., Ran], sqlite: sa.Engine) -> None:
    before = cells(sqlite)
    assert run("backup")[0] == 0
    file.unlink()
    code, out, _ = run("restore", made()[0].name)
    assert (code, "is kept as" in out) == (0, False)
    assert cells(sqlite) == before


def test_a_backup_goes_into_its_own_kind_of_database(
    server: servers.Server, postgres: sa.Engine, file: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("backup")[0] == 0
    monkeypatch.setenv("DATABASE_URL", address(postgres))
    code, _, err = run("restore", made()[0].name)
    assert (code, "is a backup of SQLite" in err) == (4, True)
