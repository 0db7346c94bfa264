"""A copy of an SQLite file to try something on, with no trace left on the file or beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from homecoming.connection.failures import meaning
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.sqlite_file import open_to_look, scratch_folder
from homecoming.preflight.on_sqlite import room_for

# Pages that are copied at once: some megabytes.
_PAGES = 1024


@contextmanager
def copied(file: Path, timeout: float) -> Iterator[Path]:
    """Give a copy of an SQLite file as it was last committed, in a folder closed to others; gone afterwards.

    Args:
        file: its real path; it may not be there yet: then nor is the copy.
        timeout: seconds to wait for a process that keeps the file closed.

    Raises:
        Refused: there is no room for it.
        HomecomingError: the file cannot be read.
    """
    needed = room_for(file) + (file.stat().st_size if file.exists() else 0)
    with scratch_folder(file, needed) as folder:
        copy = Path(folder) / file.name
        if file.exists():
            copy_to(file, copy, timeout)
        yield copy


def copy_to(file: Path, copy: Path, timeout: float, token: CancellationToken | None = None) -> None:
    """Copy an SQLite file as it was last committed, by SQLite's online backup, while others write to it.

    Args:
        file: its real path.
        copy: an empty file, or none.
        timeout: seconds to wait for a process that keeps the file closed.
        token: which ends it.

    Raises:
        HomecomingError: the file cannot be read.
        ConnectionAbortedError: the token ended it.
    """
    with closing(open_to_look(file, timeout)) as source, closing(sqlite3.connect(copy)) as target:
        try:
            # backup() would wait for ever for a file that another process keeps closed; a reader keeps it open.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master")
            # In parts, between which a signal is heard.
            source.backup(target, pages=_PAGES, progress=lambda *_: token.check() if token else None)
        except sqlite3.Error as error:
            raise meaning(sa.exc.DBAPIError(None, None, error)) from error
