"""The journal: what a database cannot keep itself, in a small SQLite file in the folder MIGRATION_STATE.

A run that failed leaves no line in migration_history, an attempt to connect that failed leaves nothing anywhere, and a
database does not know since when it has been behind. SQLite, since five replicas may write at once.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from homecoming.monitoring.snapshot import Attempts, Journal, LastRun
from homecoming.project import project

FILE = "journal.sqlite3"

# Of the tables' shape: a journal of another one begins anew.
VERSION = 1

# Seconds to wait for another process that writes: what is monitored must not wait long for its monitoring.
TIMEOUT = 1.0

_TABLES = (
    """CREATE TABLE runs (
    database TEXT PRIMARY KEY, run TEXT NOT NULL, way TEXT NOT NULL, direction TEXT NOT NULL, result TEXT NOT NULL,
    exit_code INTEGER NOT NULL, seconds REAL NOT NULL, ended_at REAL NOT NULL, lock_wait REAL NOT NULL,
    succeeded_at REAL)""",
    """CREATE TABLE attempts (
    database TEXT, strategy TEXT, result TEXT, count INTEGER NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (database, strategy, result))""",
    """CREATE TABLE lock_waits (database TEXT PRIMARY KEY, seconds REAL NOT NULL)""",
    """CREATE TABLE behind (database TEXT PRIMARY KEY, head TEXT NOT NULL, since REAL NOT NULL)""",
    """CREATE TABLE alerts (
    database TEXT, cause TEXT, firing INTEGER NOT NULL, told_at REAL, resolved_at REAL,
    PRIMARY KEY (database, cause))""",
)


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[sqlite3.Connection]:
    """Give the journal in a transaction that is committed at the end; it is made where it is missing or damaged.

    Where ``folder`` cannot be written, it is in a folder of this user's own among the system's temporary ones.
    Errors: OSError or sqlite3.Error where that cannot be either: who monitors goes on without it. Where damage shows
    only inside, the next one begins anew.
    """
    connection = _connected(folder)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield connection
        connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CORRUPT:
            _forget(connection)
        raise
    finally:
        connection.close()


def _forget(connection: sqlite3.Connection) -> None:
    for _, name, path in connection.execute("PRAGMA database_list"):
        if name == "main":
            Path(path).unlink(missing_ok=True)


def _connected(folder: Path) -> sqlite3.Connection:
    try:
        return _made(folder)
    except OSError:
        return _made(_own_temporary_folder())
    except sqlite3.OperationalError as error:
        # Held or full, it is so for a while; not to be written, as in an image that is read-only, for ever.
        if error.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            raise
        return _made(_own_temporary_folder())


def _own_temporary_folder() -> Path:
    """Return a folder among the system's temporary ones that nobody else may have put there. Errors: OSError."""
    folder = Path(tempfile.gettempdir()) / f"{project().program}-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} is not this user's alone")
    return folder


def _made(folder: Path) -> sqlite3.Connection:
    if not folder.is_dir():
        # Another process may have made it just now.
        folder.mkdir(parents=True, exist_ok=True)
        # As caches do: a folder that no repository is to hold.
        (folder / ".gitignore").write_text("*\n")
    path = folder / FILE
    try:
        return _prepared(path)
    except sqlite3.OperationalError:
        # Held, full, or not to be written.
        raise
    except sqlite3.DatabaseError:
        # Half a page after a crash. It is a memory, not a record: it begins anew.
        path.unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=TIMEOUT, isolation_level=None)
    try:
        # A crash of the machine may cost the last lines; a run at head must not wait for the disk.
        connection.execute("PRAGMA synchronous = OFF")
        if _version(connection) != VERSION:
            _make_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables, all or none: another process that is half way must not look like another shape.

    Errors: sqlite3.DatabaseError where there are tables of another shape.
    """
    connection.execute("BEGIN IMMEDIATE")
    if _version(connection) != VERSION:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone() != (0,):
            raise sqlite3.DatabaseError("tables of another shape")
        for table in _TABLES:
            connection.execute(table)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    connection.execute("COMMIT")


def add_attempts(journal: sqlite3.Connection, database: str, attempts: Mapping[tuple[str, str], list[float]]) -> None:
    """Count attempts to connect: their seconds by strategy and result."""
    journal.executemany(
        "INSERT INTO attempts VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET count = count + excluded.count, seconds = seconds + excluded.seconds",
        [(database, *key, len(seconds), sum(seconds)) for key, seconds in attempts.items()],
    )


def set_run(journal: sqlite3.Connection, database: str, run: LastRun) -> None:
    """Note how the last run ended, and add what it waited for locks."""
    ended = run.ended_at.timestamp()
    journal.execute(
        "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET run = excluded.run,"
        " way = excluded.way, direction = excluded.direction, result = excluded.result,"
        " exit_code = excluded.exit_code, seconds = excluded.seconds, ended_at = excluded.ended_at,"
        " lock_wait = excluded.lock_wait, succeeded_at = coalesce(excluded.succeeded_at, succeeded_at)",
        (
            *(database, run.run, run.way, run.direction, run.result, run.exit_code, run.seconds, ended),
            *(run.lock_wait, None if run.exit_code else ended),
        ),
    )
    journal.execute(
        "INSERT INTO lock_waits VALUES (?, ?) ON CONFLICT DO UPDATE SET seconds = seconds + excluded.seconds",
        (database, run.lock_wait),
    )


def set_behind(journal: sqlite3.Connection, database: str, head: str, behind: bool) -> None:
    """Note whether the database is behind ``head``; since when is known from the first time on."""
    if not behind:
        journal.execute("DELETE FROM behind WHERE database = ?", (database,))
        return
    # A newer head does not begin the time anew: it has been behind all along.
    journal.execute("INSERT INTO behind VALUES (?, ?, ?) ON CONFLICT DO NOTHING", (database, head, time.time()))


def read(journal: sqlite3.Connection, database: str) -> Journal:
    """Return what is known of a database."""
    attempts = journal.execute(
        "SELECT strategy, result, count, seconds FROM attempts WHERE database = ? ORDER BY strategy, result",
        (database,),
    )
    run = journal.execute(
        "SELECT run, way, direction, result, exit_code, seconds, ended_at, lock_wait, succeeded_at FROM runs"
        " WHERE database = ?",
        (database,),
    ).fetchone()
    waited = journal.execute("SELECT seconds FROM lock_waits WHERE database = ?", (database,)).fetchone()
    behind = journal.execute("SELECT since FROM behind WHERE database = ?", (database,)).fetchone()
    return Journal(
        attempts=tuple(Attempts(*row) for row in attempts),
        last_run=_last_run(run[:-1]) if run else None,
        last_success=_moment(run[-1]) if run and run[-1] is not None else None,
        lock_wait=waited[0] if waited else 0.0,
        behind_since=_moment(behind[0]) if behind else None,
    )


def _last_run(row: Sequence[Any]) -> LastRun:
    run, way, direction, result, exit_code, seconds, ended_at, lock_wait = row
    return LastRun(run, way, direction, result, exit_code, seconds, _moment(ended_at), lock_wait)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
