"""The files of an application: what is looked at, what is left out, and why."""

from __future__ import annotations

import os
import posixpath
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from homecoming.errors import Refused
from homecoming.language import tr
from homecoming.terminal import printable

ARCHIVE, REGISTER = "archive", "REGISTER.toml"

# Folders of tools, never an application's own.
SKIPPED = frozenset(
    {".git", ".hg", ".svn", ".tox", ".nox", "__pycache__", "node_modules", "bower_components", "site-packages"}
    | {".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis"}
)

# No script known is larger than 60 kB; what is larger than this is data.
LARGEST = 2_000_000


@dataclass(frozen=True)
class File:
    """A file, by its path from the folder looked at; its bytes are read when somebody asks for them."""

    root: Path = field(repr=False)
    path: str
    size: int
    mode: int

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return self.path.rpartition("/")[2]

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders it lies in, then its name."""
        return tuple(self.path.split("/"))

    @property
    def suffix(self) -> str:
        """What its name ends with, in lower case."""
        return posixpath.splitext(self.name)[1].lower()

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.mode)

    @property
    def place(self) -> Path:
        """Where it is on the disk."""
        return self.root / self.path

    @cached_property
    def data(self) -> bytes | None:
        """What it holds; None for a link, for what is too large to be a script, and for what cannot be read."""
        if self.is_link or self.size > LARGEST:
            return None
        try:
            return self.place.read_bytes()
        except OSError:
            return None


def within(root: Path, path: str) -> Path:
    """Return the place of a path below a folder, for whoever reads or writes there.

    Args:
        root: the folder, resolved.
        path: with slashes, and no part that leads up.

    Raises:
        Refused: a part of it is a symbolic link, which would lead out of the folder.
    """
    place = root
    for part in path.split("/"):
        place = place / part
        if place.is_symlink():
            raise Refused(
                tr(
                    "{path} is a symbolic link, which would lead out of {root}",
                    path=printable(place.relative_to(root).as_posix()),
                    root=root,
                ),
                tr("Put a real file or folder in its place, then run again"),
            )
    return place


@dataclass
class Tree:
    """What a walk found: files in order of their paths, and what it could not or would not enter."""

    root: Path
    files: list[File]
    notes: list[str]


def walk(root: Path, look: Callable[[str], bool] = lambda path: True) -> Tree:
    """Return the files below a folder, without following links, entering other repositories, or the archive.

    Arguments: ``look``, asked for each folder's path from ``root`` whether to enter it.
    """
    tree = Tree(root, [], [])
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
        except OSError as error:
            tree.notes.append(
                tr("{folder}: cannot be read ({why}), left alone", folder=printable(folder or "."), why=error.strerror)
            )
            continue
        names = {entry.name for entry in entries}
        if folder and ".git" in names:
            tree.notes.append(
                tr("{folder}: a repository of its own, left alone; make archive SRC= it", folder=printable(folder))
            )
            continue
        # An environment, whatever its name; another folder's archive, whose scripts have come to rest.
        if folder and ("pyvenv.cfg" in names or (folder.rpartition("/")[2] == ARCHIVE and REGISTER in names)):
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if entry.name not in SKIPPED and look(path):
                    pending.append(path)
            elif entry.is_file(follow_symlinks=False) or entry.is_symlink():
                facts = entry.stat(follow_symlinks=False)
                tree.files.append(File(root, path, facts.st_size, facts.st_mode))
    tree.files.sort(key=lambda file: file.path)
    tree.notes.sort()
    return tree
