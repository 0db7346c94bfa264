"""What lies in an application: a verdict for each file, where it would go, and what keeps it where it is."""

from __future__ import annotations

import datetime
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from homecoming.archive import credentials, git, inventory, kinds, packages, staying, text, tree
from homecoming.archive.inventory import Entry
from homecoming.archive.judge import NOT_ONE, Found, Judge
from homecoming.archive.tree import ARCHIVE
from homecoming.errors import UsageError
from homecoming.language import mapped, tr
from homecoming.terminal import printable


@dataclass
class Survey:
    """All that was found below a folder: ``found`` by path; ``alone`` counts what is left alone, by reason."""

    source: Path
    base: Path
    found: list[Found]
    alone: Counter[str]
    notes: list[str]
    looked_at: int
    seconds: float = 0.0

    @property
    def moving(self) -> list[Found]:
        """What APPLY=1 would move."""
        return [found for found in self.found if found.moves]


def take(
    source: Path, known: Iterable[Entry], own: Iterable[Entry] = (), repository: git.Repository | None = None
) -> Survey:
    """Look at every file below a folder and judge it; nothing is changed.

    Arguments: ``source``, a folder that exists; ``known``, the entries of this project's register, ``own``, those of
    the folder's; ``repository`` around it. Uses are looked for in the whole repository.
    """
    base = git.top_of(source) or source
    prefix = source.relative_to(base).as_posix()
    inside = "" if prefix == "." else prefix + "/"
    archive = inside + ARCHIVE
    whole = tree.walk(base, look=lambda path: path != archive)
    mine = [file for file in whole.files if file.path.startswith(inside)]
    judge = Judge(known, own, packages.find(whole.files), inside)
    rows: list[Found] = []
    for file in mine:
        if kinds.is_script(file.path) or judge.by_bytes(file):
            row = judge.judge(file)
            if row is not None:
                rows.append(row)
    _date([row for row in rows if row.verdict != NOT_ONE and row.date is None], repository)
    staying.keep(rows, whole, repository)
    for row in rows:
        if row.verdict != NOT_ONE and not row.file.is_link and row.file.data is not None:
            read = text.read(row.file.data)
            row.secrets = credentials.find(row.file.name, read.text) if read else []
    notes = [mapped(note, lambda text: text.removeprefix(inside)) for note in whole.notes if note.startswith(inside)]
    return Survey(source, base, rows, judge.alone, notes, len(mine))


def _date(rows: list[Found], repository: git.Repository | None) -> None:
    """Give scripts nobody knows a date: of their first commit; of their last change where there is none."""
    added = repository.added(row.file.path for row in rows) if repository and rows else {}
    for row in rows:
        try:
            row.date = datetime.date.fromisoformat(added[row.file.path])
        except (KeyError, ValueError):
            row.date = datetime.datetime.fromtimestamp(row.file.place.lstat().st_mtime, tz=datetime.UTC).date()
        row.month = f"{row.date:%Y-%m}"


def folder_of(given: str) -> Path:
    """Return the folder that SRC names. Errors: UsageError where it is none, cannot be read, or is the archive."""
    try:
        path = Path(given).resolve()
        if not path.is_dir():
            shown = printable(given)
            what = tr("SRC: {given} does not exist", given=shown)
            if path.exists():
                what = tr("SRC: {given} is not a folder", given=shown)
            raise UsageError(what, tr("Name the application's folder: make archive SRC=../application"))
        os.scandir(path).close()
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            tr("SRC: {given} cannot be read: {name}", given=printable(given), name=type(error).__name__),
            tr("Name a folder that this user may read"),
        ) from None
    for place in (path, *path.parents):
        if place.name == ARCHIVE and (place / inventory.NAME).exists():
            raise UsageError(
                tr("SRC: {given} is inside the archive", given=printable(given)),
                tr("Name the application's folder, which holds archive/"),
            )
    return path
