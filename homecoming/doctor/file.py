"""A SQLite file: where it is, what it is, and who holds it. Not a byte of it changes, and no file appears beside it."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from homecoming.connection.engines import check_sqlite_file, prepare_sqlite
from homecoming.connection.failures import classify
from homecoming.connection.sqlite_file import (
    beside,
    file_of,
    is_cut_short,
    is_free_of_traces,
    open_to_look,
    read_header,
    uri,
)
from homecoming.doctor.contents import UPGRADE
from homecoming.doctor.step import Step, note, ok, refused
from homecoming.errors import Refused
from homecoming.language import tr
from homecoming.preflight.on_sqlite import megabytes, surroundings

if TYPE_CHECKING:
    from homecoming.doctor.probe import Probe

# Seconds to wait for a process that keeps the file closed.
_TIMEOUT = 1.0


def place(probe: Probe) -> list[Step]:
    """Find the file, or the folder that it would be made in."""
    file = file_of(probe.candidate.url)
    if file is None:
        return [replace(ok("file", tr("in memory, and gone when a command ends"), UPGRADE), last=True)]
    try:
        check_sqlite_file(probe.candidate.url, read_only=False)
    except Refused as error:
        return [refused("file", error.what, error.todo, last=True)]
    if file.exists():
        return [ok("file", f"{file}, {megabytes(file.stat().st_size)}")]
    missing = note("file", tr("{file} does not exist, and an upgrade makes it", file=file), UPGRADE)
    refusals = [refused("file", issue.what, issue.todo) for issue in surroundings(file) if issue.refuses]
    *first, end = [missing, *refusals]
    return [*first, replace(end, last=True)]


def kind(probe: Probe) -> list[Step]:
    """Say which journal it keeps and what is left of a change beside it; prepare a look that writes nothing."""
    file = file_of(probe.candidate.url)
    assert file is not None
    header = read_header(file)
    probe.engine = _looking_engine(file)
    if header is not None and header.is_logged:
        if not beside(file, "-wal").exists():
            return [ok("kind", tr("SQLite, with a write-ahead log"))]
        if not beside(file, "-shm").exists():
            said = tr("SQLite, with changes in {name}-wal that nobody has merged: looked at in a copy", name=file.name)
            return [note("kind", said)]
        return [ok("kind", tr("SQLite, with a write-ahead log that is in use"))]
    if is_cut_short(file):
        said = tr("SQLite, with changes that were broken off: looked at in a copy, in which they are taken back")
        return [note("kind", said)]
    if beside(file, "-journal").exists():
        return [note("kind", tr("SQLite, with a rollback journal in which changes are under way"))]
    return [ok("kind", tr("SQLite, with a rollback journal"))]


def holder(probe: Probe) -> list[Step]:
    """Ask for the lock that a run begins with, and give it back: with a rollback journal the file stays as it is."""
    file = file_of(probe.candidate.url)
    assert file is not None
    if any(beside(file, suffix).exists() for suffix in ("-wal", "-journal")):
        return [
            note("holder", tr("not asked: {name} is in use, or was when its application was ended", name=file.name))
        ]
    if not is_free_of_traces(file):
        return [ok("holder", tr("nobody"))]
    try:
        with contextlib.closing(sqlite3.connect(uri(file, "mode=rw"), uri=True, timeout=0)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        failure, said = classify(error)
        if failure.name == "lock":
            return [note("holder", tr("another process, which an upgrade would wait for: {said}", said=said))]
        # Where it may not be written, the preflight says more.
        return [note("holder", tr("not asked: {said}", said=said))]
    return [ok("holder", tr("nobody"))]


def _looking_engine(file: Path) -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=NullPool, creator=lambda: open_to_look(file, _TIMEOUT))
    prepare_sqlite(engine, read_only=True)
    return engine
