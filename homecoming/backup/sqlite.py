"""A SQLite database as a file: copied by the online backup while others write, checked, and counted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from homecoming.backup.contents import State, state_of
from homecoming.connection.engines import make_engine
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.sqlite_file import beside, uri
from homecoming.errors import FailedError, HomecomingError
from homecoming.language import tr
from homecoming.rehearsal.sqlite_copy import copy_to


class DamagedError(HomecomingError):
    """What is in a file is not whole."""

    exit_code = 1


def size_of(file: Path) -> int:
    """Return the bytes of a database, those in its log included."""
    return sum(one.stat().st_size for one in (file, beside(file, "-wal")) if one.exists())


def copy(file: Path, draft: Path, timeout: float, token: CancellationToken) -> State:
    """Copy a file while others may write to it, check the copy, and return what is in it.

    Errors: DamagedError, whose text says what SQLite finds wrong; HomecomingError where the file cannot be read.
    """
    copy_to(file, draft, timeout, token)
    check(draft, str(file), token)
    with looked_at(draft, token) as connection:
        return state_of(connection, check=token.check)


def check(file: Path, named: str, token: CancellationToken) -> None:
    """Have SQLite check every page, index and foreign key of a file that nobody writes.

    Errors: DamagedError, which calls the file ``named``. Rows that refer to nothing are what a database may hold: they
    are part of its backup, and counted by ``broken_keys``.
    """
    with closing(sqlite3.connect(uri(file, "mode=ro&immutable=1"), uri=True)) as connection:
        token.watch(connection)
        try:
            found = [line for (line,) in connection.execute("PRAGMA integrity_check(3)")]
        except sqlite3.DatabaseError as error:
            found = [str(error)]
        finally:
            token.release()
    token.check()
    if found != ["ok"]:
        raise DamagedError(
            tr(
                "{named} is damaged: {found}",
                named=named,
                found="; ".join(" ".join(line.split()) for line in found[:3]),
            ),
            tr("The last backup that was proven is what there is: look into the folder of MIGRATION_BACKUP_DIR"),
        )


def broken_keys(file: Path) -> int:
    """Return how many rows of a file refer to what is not there."""
    with closing(sqlite3.connect(uri(file, "mode=ro&immutable=1"), uri=True)) as connection:
        try:
            return sum(1 for _ in connection.execute("PRAGMA foreign_key_check"))
        except sqlite3.DatabaseError:
            # A key to a table that is missing, or of other columns than it has: the application's own affair.
            return 0


@contextmanager
def looked_at(file: Path, token: CancellationToken) -> Iterator[sa.Connection]:
    """Give a connection that can write nothing to a file."""
    engine = make_engine(sa.URL.create("sqlite", database=str(file)), read_only=True)
    try:
        with engine.connect() as connection:
            token.watch(connection.connection.dbapi_connection)
            yield connection
    except sa.exc.DBAPIError as error:
        token.check()
        raise FailedError(tr("{name} cannot be read", name=file.name), tr("It is no whole SQLite database")) from error
    finally:
        token.release()
        engine.dispose()
