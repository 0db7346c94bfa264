"""A SQLite file: where it is, what it is, and who holds it. Not a byte of it changes, and no file appears beside it."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from painel_migrations.connection.engines import SQLITE_MAGIC, check_sqlite_file, prepare_sqlite
from painel_migrations.connection.failures import classify
from painel_migrations.deploy.doctor.contents import UPGRADE
from painel_migrations.deploy.doctor.step import Step, note, ok, refused
from painel_migrations.deploy.preflight_sqlite import file_of, megabytes, surroundings
from painel_migrations.errors import Refused

if TYPE_CHECKING:
    from painel_migrations.deploy.doctor.way import Way

# Where the header says which journal it keeps, and what stands there for a write-ahead log.
JOURNAL, WAL = 18, b"\x02"


def place(way: Way) -> list[Step]:
    """Find the file, or the folder that it would be made in."""
    file = file_of(way.candidate.url)
    if file is None:
        return [replace(ok("file", "in memory, and gone when a command ends", UPGRADE), last=True)]
    # With the file's own path: that of a URI is in another form.
    try:
        check_sqlite_file(way.candidate.url.set(database=str(file), query={}), read_only=False)
    except Refused as error:
        return [refused("file", error.what, error.todo, last=True)]
    file = file.absolute()
    if file.exists():
        return [ok("file", f"{file}, {megabytes(file.stat().st_size)}")]
    missing = note("file", f"{file} does not exist, and an upgrade makes it", UPGRADE)
    refusals = [refused("file", concern.what, concern.todo) for concern in surroundings(file) if concern.refuses]
    *first, end = [missing, *refusals]
    return [*first, replace(end, last=True)]


def kind(way: Way) -> list[Step]:
    """Read its journal off its header, and choose the way to look into it that writes nothing."""
    file = file_of(way.candidate.url)
    assert file is not None
    with file.open("rb") as opened:
        header = opened.read(len(SQLITE_MAGIC) + 4)
    log, index = (file.with_name(file.name + suffix) for suffix in ("-wal", "-shm"))
    if header[JOURNAL : JOURNAL + 1] != WAL:
        way.engine = _looking_engine(file, "mode=ro")
        if not file.with_name(file.name + "-journal").exists():
            return [ok("kind", "SQLite, with a rollback journal")]
        try:
            with way.engine.connect() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").close()
        except sa.exc.DBAPIError:
            said = "SQLite, with changes that were broken off: not looked into, since that would take them back"
            return [replace(note("kind", said, UPGRADE), last=True)]
        return [note("kind", "SQLite, with a rollback journal in which changes are under way")]
    if not log.exists():
        # Nobody has it open. Without "immutable" SQLite would make both files to read it.
        way.engine = _looking_engine(file, "immutable=1")
        return [ok("kind", "SQLite, with a write-ahead log")]
    if not index.exists():
        said = (
            f"SQLite, with changes in {log.name} that nobody has merged: not looked into, since that would merge them"
        )
        return [replace(note("kind", said, UPGRADE), last=True)]
    way.engine = _looking_engine(file, "mode=ro")
    return [ok("kind", "SQLite, with a write-ahead log that is in use")]


def holder(way: Way) -> list[Step]:
    """Ask for the lock that a run begins with, and give it back: with a rollback journal the file stays as it is."""
    file = file_of(way.candidate.url)
    assert file is not None
    if any(file.with_name(file.name + suffix).exists() for suffix in ("-wal", "-journal")):
        return [note("holder", f"not asked: {file.name} is in use, or was when its application was ended")]
    with file.open("rb") as opened:
        if opened.read(JOURNAL + 1)[JOURNAL:] == WAL:
            return [ok("holder", "nobody")]
    try:
        with contextlib.closing(sqlite3.connect(_uri(file, "mode=rw"), uri=True, timeout=0)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        failure, said = classify(error)
        if failure.name == "lock":
            return [note("holder", f"another process, which an upgrade would wait for: {said}")]
        # Where it may not be written, the preflight says more.
        return [note("holder", f"not asked: {said}")]
    return [ok("holder", "nobody")]


def _uri(file: Path, how: str) -> str:
    return f"file:{quote(str(file.absolute()))}?{how}"


def _looking_engine(file: Path, how: str) -> sa.Engine:
    engine = sa.create_engine(
        "sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(_uri(file, how), uri=True, timeout=1)
    )
    prepare_sqlite(engine, read_only=True)
    return engine
