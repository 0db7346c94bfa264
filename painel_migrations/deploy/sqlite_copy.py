"""A copy of an SQLite file to try something on, with no trace left on the file or beside it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import sqlalchemy as sa

from painel_migrations.connection.failures import meaning
from painel_migrations.deploy.preflight_sqlite import megabytes, room_for
from painel_migrations.errors import Refused

# Where the header of an SQLite file says that it is written by way of a log beside it.
_WAL_AT, _WAL = 18, 2

# What a reader gets of a file whose writer died amid a change.
_CUT_SHORT = "SQLITE_READONLY_ROLLBACK"


@contextmanager
def copied(file: Path, patience: float) -> Iterator[Path]:
    """Give a copy of an SQLite file, in a folder closed to others; gone afterwards, whatever happens.

    Arguments: ``file``, which may not be there yet: then nor is the copy; ``patience``, seconds to wait for a process
    that keeps the file closed.
    Errors: Refused where there is no room for it; PainelError where the file cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="painel-plan-", dir=_folder_for(file)) as folder:
        copy = Path(folder) / file.name
        if file.exists():
            _copy(file, copy, patience)
        yield copy


def _folder_for(file: Path) -> Path:
    """Where there is room for the copy and for what the run makes of it: the system's place, or beside the file."""
    needed = room_for(file) + (file.stat().st_size if file.exists() else 0)
    places = (Path(tempfile.gettempdir()), file.parent)
    for place in places:
        if shutil.disk_usage(place).free >= needed:
            return place
    raise Refused(
        f"no room to rehearse: the copy and its run need {megabytes(needed)}, free in neither"
        f" {places[0]} nor {places[1]}",
        "Free space there, or name another folder in TMPDIR",
    )


def _copy(file: Path, copy: Path, patience: float) -> None:
    """Copy a file as it was last committed, and leave no trace on it, nor beside it.

    Whoever opens a file to write takes over what another left: pages in its log, or a change that was cut short. So it
    is read, except where reading alone would leave a log behind.
    """
    with file.open("rb") as opened:
        logged = opened.read(_WAL_AT + 1)[-1:] == bytes([_WAL])
    mode = "rw" if logged and not file.with_name(f"{file.name}-wal").exists() else "ro"
    uri = f"{file.absolute().as_uri()}?mode={mode}"
    try:
        with (
            closing(sqlite3.connect(uri, uri=True, timeout=patience)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            # backup() would wait for ever for a file that another process keeps closed; a reader keeps it open.
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master")
            source.backup(target)
    except sqlite3.Error as error:
        if error.sqlite_errorname != _CUT_SHORT:
            raise meaning(sa.exc.DBAPIError(None, None, error)) from error
        # Only a writer may undo what was cut short: whoever reads the copy first does, by this journal.
        shutil.copyfile(file, copy)
        shutil.copyfile(file.with_name(f"{file.name}-journal"), copy.with_name(f"{copy.name}-journal"))


def is_free_of_traces(file: Path) -> bool:
    """Whether a writer may open the file, and let go, without taking over what a process that died left beside it."""
    if file.with_name(f"{file.name}-wal").exists():
        return False
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=0)) as reader:
        try:
            reader.execute("SELECT count(*) FROM sqlite_master")
        except sqlite3.Error as error:
            return error.sqlite_errorname != _CUT_SHORT
    return True
