"""A backup is proven by restoring it: what does not come back as it was is found, whatever is wrong with the file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import manifest, server
from tests.integration.backup.test_backup import address, filled, made
from tests.support import history, lineage, servers
from tests.support.command import Ran

__all__ = ["filled"]


def test_a_proven_backup_says_so(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    history.upgrade(filled)
    assert run("backup")[0] == 0
    code, out, err = run("backup-verify")
    assert (code, err) == (0, "")
    _, told = made()
    assert told.proven is not None
    assert told.drilled is None
    assert told.proven.seconds.keys() == {"hash", "scratch", "restore"}
    assert f"Proven: {len(told.tables)} tables, {told.rows} rows" in out


def test_a_drill_goes_to_head_and_back(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    code, out, err = run("drill")
    assert (code, err) == (0, "")
    _, told = made()
    assert told.drilled is not None
    assert told.drilled == told.proven
    assert told.drilled.seconds.keys() == {"hash", "scratch", "restore", "upgrade", "verify", "way back", "compare"}
    assert "-> 0022" in out
    assert "<- 0001" in out


def test_nothing_stays_of_it(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(postgres, 18, rows=2)
    monkeypatch.setenv("DATABASE_URL", address(postgres))
    assert run("backup")[0] == 0
    with server.connection("postgres") as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        before = set(cursor.fetchall())
        assert run("backup-verify")[0] == 0
        cursor.execute("SELECT datname FROM pg_database")
        assert set(cursor.fetchall()) == before


def test_one_flipped_bit_is_found(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    file, _ = made()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    code, _, err = run("backup-verify")
    assert (code, "is damaged: its SHA-256" in err) == (1, True)
    file.write_bytes(content[:-1])
    code, _, err = run("backup-verify")
    assert (code, "bytes, and its manifest says" in err) == (1, True)
    assert made()[1].proven is None


@pytest.mark.parametrize("what", ["cell", "row", "table", "fingerprint", "revision"])
def test_what_does_not_come_back_as_it_was_is_named(filled: sa.Engine, run: Callable[..., Ran], what: str) -> None:
    """The file is whole, and the manifest tells of another database: as if a restore had lost something."""
    assert run("backup")[0] == 0
    file, told = made()
    path = manifest.beside(file)
    document = json.loads(path.read_text())
    name = next(one for one in told.tables if one.endswith("usuarios"))
    if what == "cell":
        document["tables"][name]["checksum"] = "0" * 16
    elif what == "row":
        document["tables"][name]["rows"] += 1
    elif what == "table":
        document["tables"]["gone"] = {"rows": 1, "checksum": "0" * 16}
    else:
        document[what] = "0" * 64
    path.write_text(json.dumps(document))
    code, out, err = run("backup-verify")
    said = {
        "cell": f"  {name}: 3 rows, of which some are not the same",
        "row": f"  {name}: 4 rows",
        "table": "  gone: is missing",
    }
    assert code == 1
    assert said.get(what, f"  {what}: ") in out
    assert "is not what its manifest says: 1 difference" in err
    assert made()[1].proven is None


@pytest.fixture
def closed(server: servers.Server, postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A database with rows whose role may make no other, as DATABASE_URL."""
    lineage.build(postgres, 18, rows=2)
    role = f"plain_{os.getpid()}"
    with server.connection(str(postgres.url.database)) as cursor:
        cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
        if not cursor.rowcount:
            cursor.execute(f"CREATE ROLE {role} LOGIN")
        for kind in ("TABLES", "SEQUENCES"):
            cursor.execute(f"GRANT SELECT ON ALL {kind} IN SCHEMA public TO {role}")
    monkeypatch.setenv("DATABASE_URL", address(postgres).replace("postgres@", f"{role}@"))
    return postgres


def test_without_the_right_a_server_of_its_own_is_started(closed: sa.Engine, run: Callable[..., Ran]) -> None:
    assert run("backup")[0] == 0
    code, out, err = run("backup-verify")
    assert (code, err) == (0, "")
    assert " of its own" in out
    proven = made()[1].proven
    assert proven is not None
    assert proven.where.endswith(" of its own")


def test_with_neither_it_is_said(closed: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("backup")[0] == 0
    monkeypatch.setattr(server, "able", lambda *_: [])
    code, _, err = run("backup-verify")
    assert (code, "there is nowhere to restore to" in err) == (4, True)


def test_the_newest_of_this_database_is_taken(
    sqlite: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", address(sqlite))
    lineage.build(sqlite, 18, rows=1)
    assert run("backup")[0] == 0
    other = sqlite.url.set(database=str(Path("outro.db").absolute()))
    monkeypatch.setenv("DATABASE_URL", other.render_as_string())
    sa.create_engine(other).connect().close()
    code, _, err = run("backup-verify")
    assert (code, "there is no backup of this database in backups" in err) == (4, True)


def test_a_scratch_database_that_was_left_goes_after_a_day(
    server: servers.Server, postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(postgres, 18, rows=1)
    monkeypatch.setenv("DATABASE_URL", address(postgres))
    old, new = "homecoming_scratch_20200101000000_0", "homecoming_scratch_29990101000000_0"
    for name in (old, new):
        server.create_database(name)
    assert run("backup")[0] == 0
    assert run("backup-verify")[0] == 0
    with server.connection("postgres") as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'homecoming_scratch_%'")
        assert cursor.fetchall() == [(new,)]
    server.drop_database(new)
