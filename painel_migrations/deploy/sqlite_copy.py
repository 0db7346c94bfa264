"""A copy of an SQLite file to try something on, with no trace left on the file or beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from painel_migrations.connection.failures import meaning
from painel_migrations.connection.sqlite_file import open_to_look, scratch_folder
from painel_migrations.deploy.preflight_sqlite import room_for


@contextmanager
def copied(file: Path, patience: float) -> Iterator[Path]:
    """Give a copy of an SQLite file as it was last committed, in a folder closed to others; gone afterwards.

    Args:
        file: its real path; it may not be there yet: then nor is the copy.
        patience: seconds to wait for a process that keeps the file closed.

    Raises:
        Refused: there is no room for it.
        PainelError: the file cannot be read.
    """
    needed = room_for(file) + (file.stat().st_size if file.exists() else 0)
    with scratch_folder(file, needed) as folder:
        copy = Path(folder) / file.name
        if file.exists():
            _copy(file, copy, patience)
        yield copy


def _copy(file: Path, copy: Path, patience: float) -> None:
    with closing(open_to_look(file, patience)) as source, closing(sqlite3.connect(copy)) as target:
        try:
            # backup() would wait for ever for a file that another process keeps closed; a reader keeps it open.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master")
            source.backup(target)
        except sqlite3.Error as error:
            raise meaning(sa.exc.DBAPIError(None, None, error)) from error
