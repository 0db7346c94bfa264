"""The undo list: what a run moved, written before it moves anything, and the way back.

It lies where no commit takes it: in the repository's own folder, .git, or in a hidden one beside the archive where
there is no repository. With it lie the files that were there before, for those that a run rewrites: a
script with its secret in it is never in the archive.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from homecoming.archive import git, inventory, tree
from homecoming.errors import FailedError, LockedError, Refused, UsageError
from homecoming.language import joined, tr
from homecoming.project import project
from homecoming.terminal import printable

_LIST = "undo.json"


@dataclass(frozen=True)
class Move:
    """One file's move: paths from the folder looked at; hashes of what it held before and holds after.

    ``index`` are its lines in git's index, none where it was not tracked; ``kept`` names the copy of a rewritten file.
    """

    source: str
    target: str
    before: str
    after: str
    index: list[str]
    kept: str
    mode: int
    modified: int


@dataclass(frozen=True)
class Written:
    """One file that the run writes itself: the register, the README. ``kept`` is "" where there was none."""

    path: str
    after: str
    kept: str
    before: str
    modified: int


@dataclass
class Undo:
    """A whole run, by its folder on the disk."""

    place: Path
    source: str
    moves: list[Move] = field(default_factory=list)
    written: list[Written] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """Every path it names, from the folder looked at."""
        return [
            *(path for move in self.moves for path in (move.source, move.target)),
            *(one.path for one in self.written),
            *self.folders,
        ]

    def keep(self, data: bytes) -> str:
        """Put a copy aside, for this user's eyes only; return its name."""
        name = f"{sum(1 for _ in self.place.iterdir())}.kept"
        descriptor = os.open(self.place / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        return name

    def save(self) -> None:
        """Write the list, whole or not at all."""
        facts = {
            "source": self.source,
            "moves": [asdict(move) for move in self.moves],
            "written": [asdict(one) for one in self.written],
            "folders": self.folders,
        }
        text = json.dumps(facts, sort_keys=True)
        temporary = self.place / (_LIST + ".new")
        with temporary.open("w") as stream:
            json.dump({"check": hash_of(text.encode()), "list": facts}, stream, indent=1, sort_keys=True)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(self.place / _LIST)

    def forget(self) -> None:
        """Remove the list and its copies, and the folder of all lists when it is empty."""
        shutil.rmtree(self.place)
        rest = {entry.name for entry in os.scandir(self.place.parent)} - {".gitignore"}
        if not rest:
            shutil.rmtree(self.place.parent)


def hash_of(data: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def state_of(source: Path, repository: git.Repository | None) -> Path:
    """Return the folder where undo lists lie, which may not be there yet. Errors: Refused where it is a link."""
    return (
        tree.within(repository.state.parent, repository.state.name)
        if repository
        else tree.within(source, f".{project().prefix}-archive")
    )


class Lock:
    """One run at a time on one folder of lists. Errors: LockedError while another is at work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> None:
        import fcntl

        self.descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self.descriptor)
            raise LockedError(tr("another run is moving files here"), tr("Wait for it, then run again")) from None

    def __exit__(self, *_: object) -> None:
        os.close(self.descriptor)


def begin(state: Path, source: str) -> Undo:
    """Make an empty list after all that are there."""
    numbers = [int(entry.name) for entry in os.scandir(state) if entry.name.isdigit()]
    place = state / f"{max(numbers, default=0) + 1:04d}"
    place.mkdir(mode=0o700)
    return Undo(place, source)


def newest(state: Path, source: str) -> Undo | None:
    """Return the last run on a folder that was not taken back, or None.

    Errors: UsageError where a list is damaged: it names files, and nothing is moved by a list that lies.
    """
    places = (
        sorted((entry.name for entry in os.scandir(state) if entry.name.isdigit()), reverse=True)
        if state.is_dir()
        else []
    )
    for name in places:
        undo = _read(state / name)
        if undo is not None and undo.source == source:
            return undo
    return None


def _read(place: Path) -> Undo | None:
    try:
        document = json.loads((place / _LIST).read_bytes())
        facts = document["list"]
        if hash_of(json.dumps(facts, sort_keys=True).encode()) != document["check"]:
            raise ValueError
        undo = Undo(
            place,
            facts["source"],
            [Move(**move) for move in facts["moves"]],
            [Written(**one) for one in facts["written"]],
            facts["folders"],
        )
    except FileNotFoundError:
        # Killed before its list was whole, and so before anything was moved.
        return None
    except (OSError, ValueError, KeyError, TypeError):
        raise _damaged(place) from None
    copies: list[Any] = [one.kept for one in undo.moves if one.kept] + [one.kept for one in undo.written if one.kept]
    if not all(inventory.is_inside(path) for path in undo.paths) or not all(_is_copy(place, name) for name in copies):
        raise _damaged(place)
    return undo


def _is_copy(place: Path, name: object) -> bool:
    """Whether a name is one that ``keep`` gives, of a copy that lies in the list's own folder, or is gone."""
    return isinstance(name, str) and re.fullmatch(r"\d+\.kept", name) is not None and not (place / name).is_symlink()


def _damaged(place: Path) -> UsageError:
    return UsageError(
        tr("the undo list {place} is damaged", place=place / _LIST),
        tr("Move the files back by hand, as archive/{name} says; then remove that folder", name=inventory.NAME),
    )


def check(undo: Undo, source: Path) -> list[str]:
    """Return what stands in the way of taking a run back: files that were edited, deleted or put in the way since.

    Errors: Refused where a link would lead it out of the folder.
    """
    for path in undo.paths:
        tree.within(source, path)
    problems: list[str] = []
    for move in undo.moves:
        here, there = source / move.target, source / move.source
        if os.path.lexists(here) and os.path.lexists(there):
            problems.append(tr("{file}: there is a file again where it came from", file=printable(move.source)))
        elif os.path.lexists(here):
            if here.is_symlink() or hash_of(here.read_bytes()) not in (move.before, move.after):
                problems.append(tr("{file}: edited since it was moved", file=printable(move.target)))
        elif not os.path.lexists(there):
            problems.append(tr("{file}: deleted since it was moved", file=printable(move.target)))
        if move.kept and not (undo.place / move.kept).exists():
            problems.append(tr("{file}: its original, which was put aside, is gone", file=printable(move.target)))
    for one in undo.written:
        place = source / one.path
        now = hash_of(place.read_bytes()) if place.exists() else ""
        if now not in (one.before, one.after):
            problems.append(tr("{file}: edited or deleted since", file=one.path))
    return problems


def refuse(problems: Iterable[str]) -> Refused:
    """The refusal to take back what somebody worked on."""
    listed = list(problems)
    return Refused(
        tr(
            "{count} of the moved files are not as they were left: {files}",
            count=len(listed),
            files=joined("; ", listed),
        ),
        tr("Keep your edits somewhere else and put these as they were (git diff, git checkout), then run again"),
    )


def take_back(undo: Undo, source: Path, repository: git.Repository | None, prefix: str) -> int:
    """Take a run back, also one that was killed half way; return how many files came back.

    Arguments: ``prefix``, the folder's path from the top of the repository, "" or with a slash at its end.
    Errors: FailedError where it stopped; run again, it goes on.
    """
    # Where both are there, what lies in the archive is somebody else's.
    moved = [
        move
        for move in undo.moves
        if os.path.lexists(source / move.target) and not os.path.lexists(source / move.source)
    ]
    try:
        tracked = repository.entries(prefix + move.target for move in moved) if repository else {}
        for move in moved:
            _back(undo, move, source, repository, prefix, prefix + move.target in tracked)
        for one in undo.written:
            if one.kept:
                place = source / one.path
                place.write_bytes((undo.place / one.kept).read_bytes())
                os.utime(place, ns=(place.stat().st_atime_ns, one.modified))
            else:
                (source / one.path).unlink(missing_ok=True)
                if repository and repository.entries([prefix + one.path]):
                    repository.untrack(prefix + one.path)
        for folder in reversed(undo.folders):
            place = source / folder
            if place.is_dir() and not any(place.iterdir()):
                place.rmdir()
        undo.forget()
    except (OSError, git.GitError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise FailedError(
            tr("stopped while moving files back: {reason}", reason=printable(reason[0])),
            tr("Put that right, and run make archive-undo again"),
        ) from None
    return len(moved)


def _back(undo: Undo, move: Move, source: Path, repository: git.Repository | None, prefix: str, tracked: bool) -> None:
    here, there = source / move.target, source / move.source
    there.parent.mkdir(parents=True, exist_ok=True)
    if move.kept:
        here.write_bytes((undo.place / move.kept).read_bytes())
    if repository and tracked and move.index:
        repository.rename(prefix + move.target, prefix + move.source)
        if move.kept:
            repository.restore_entries({prefix + move.source: move.index})
    else:
        here.rename(there)
        if repository and tracked:
            repository.untrack(prefix + move.target)
    there.chmod(move.mode)
    os.utime(there, ns=(there.stat().st_atime_ns, move.modified))
