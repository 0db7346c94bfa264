"""Preflight on SQLite: the place of the file, the room beside it, and whether its pages are sound."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from homecoming.connection.sqlite_file import place_of
from homecoming.language import tr
from homecoming.preflight.issue import Issue

# The room a run needs beside the file: as much again, for the journal and the tables that are made anew, and a little
# for what head has more of. Measured on every state and the scars that rebuild, with 3000 rows a table: 0.97 at most.
GROWTH = 1.0
LEAST = 1 << 20

# What quick_check says of rows, which the history itself mends or refuses in its own words. The rest is of pages.
_OF_ROWS = ("NULL value in ", "CHECK constraint failed in ", "NUMERIC value in ", "TEXT value in ", "non-")
_LINES = 100

UNWRITABLE = (
    tr("the file cannot be written by this user"),
    tr("Change its permissions or its folder's, then run again"),
)
DAMAGED = (tr("the file is damaged, or is no SQLite database"), tr("Bring it back from a backup, or move it away"))


def find_issues(connection: sa.Connection) -> list[Issue]:
    """Look at the file of a connection. Reads all of it: 3 to 5 % of what a run takes."""
    file = place_of(connection)
    return [*pages(connection), *(surroundings(file) if file else ())]


def pages(connection: sa.Connection) -> Iterator[Issue]:
    """Yield an issue where a page of the file is damaged: a run that reads other pages would not notice."""
    try:
        said = list(connection.exec_driver_sql(f"PRAGMA quick_check({_LINES})").scalars())
    except sa.exc.OperationalError:
        # A CHECK or an index may call a function that only the application has: the other tables can be read.
        said = list(_of_each_table(connection))
    if any(line != "ok" and not line.startswith(_OF_ROWS) for line in said):
        yield Issue(True, *DAMAGED)


def _of_each_table(connection: sa.Connection) -> Iterator[str]:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0").scalars()
    for name in list(names):
        with contextlib.suppress(sa.exc.OperationalError):
            quoted = name.replace('"', '""')
            yield from connection.exec_driver_sql(f'PRAGMA quick_check("{quoted}")').scalars()


def surroundings(file: Path) -> Iterator[Issue]:
    """Yield what is wrong with the file, with its folder, or with the room there."""
    folder = file.parent
    if file.exists() and not os.access(file, os.W_OK):
        yield Issue(True, *UNWRITABLE)
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Issue(
            True,
            tr(
                "the folder {folder} cannot be written by this user, and SQLite's journal has to lie there",
                folder=folder,
            ),
            tr("Change its permissions, then run again"),
        )
    free, needed = shutil.disk_usage(folder).free, room_for(file)
    if free < needed:
        yield Issue(
            True,
            tr(
                "the disk of {folder} has {free} free, and a run may need {needed}",
                folder=folder,
                free=megabytes(free),
                needed=megabytes(needed),
            ),
            tr("Free space there, then run again"),
        )


def room_for(file: Path) -> int:
    """Return how many bytes a run may need beside the file."""
    return round(GROWTH * file.stat().st_size) + LEAST if file.exists() else LEAST


def megabytes(size: float) -> str:
    """Spell a number of bytes, so that no room is not spelled as some."""
    return f"{size / 1e6:.1f} MB"
