"""A verdict for one file: covered, known, changed since, unknown, or not a one-off script at all."""

from __future__ import annotations

import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from homecoming.archive import credentials, kinds, packages, python, text, tree
from homecoming.archive.inventory import Entry
from homecoming.archive.tree import ARCHIVE, File
from homecoming.language import tr

CHANGED: str = tr("known, changed since")
UNKNOWN: str = tr("unknown, looks like a migration")
NOT_ONE: str = tr("not one")

_PACKAGE, _TEST = tr("application package"), tr("test")

# An empty file or a package's marker has the bytes of a thousand others: their hash says something with the name only.
_TELLING = 200
# Their name is anybody's: only the hash tells.
_ANYBODYS = frozenset({"__init__.py"})


@dataclass
class Found:
    """One file, judged: what it is and why, what it holds that must not be kept, and where it would go."""

    file: File
    path: str
    verdict: str
    why: str
    kind: str = ""
    entry: Entry | None = None
    sha256: str = ""
    month: str = ""
    date: datetime.date | None = None
    left: str = ""
    secrets: list[credentials.Secret] = field(default_factory=list)

    @property
    def target(self) -> str:
        """Where the file would go, from the folder looked at."""
        return f"{ARCHIVE}/{self.month}/{self.kind}/{PurePosixPath(self.path).name}"

    @property
    def moves(self) -> bool:
        """Whether it is a one-off script that nothing keeps where it is."""
        return self.verdict != NOT_ONE and not self.left


class Judge:
    """Verdicts, one file after the other; what is left alone without a row is counted."""

    def __init__(self, known: Iterable[Entry], own: Iterable[Entry], application: frozenset[str], inside: str) -> None:
        known, own = tuple(known), tuple(own)
        self.by_hash: dict[str, list[Entry]] = {}
        self.by_name: dict[str, list[Entry]] = {}
        # The folder's own entries are known by their whole path: another file of that name is another file.
        self.own = {entry.path: entry for entry in own}
        for entry in (*own, *known):
            for digest in entry.sha256:
                self.by_hash.setdefault(digest, []).append(entry)
        for entry in known:
            self.by_name.setdefault(entry.name, []).append(entry)
        self.packages = application
        self.inside = inside
        self.alone: Counter[str] = Counter()

    def by_bytes(self, file: File) -> bool:
        """Say whether a file without a script's name may be a renamed one: a backup copy, or no ending at all."""
        if file.size > 100_000 or file.is_link or file.suffix not in ("", ".bak", ".backup", ".old", ".orig", ".txt"):
            return False
        return file.data is not None and hashlib.sha256(file.data).hexdigest() in self.by_hash and file.size > _TELLING

    def judge(self, file: File) -> Found | None:
        path = file.path.removeprefix(self.inside)
        if file.is_link:
            return Found(file, path, NOT_ONE, tr("a symbolic link, left as it is")) if _near(path) else None
        if file.data is None:
            large = file.size > tree.LARGEST
            why = tr("too large for a script, left as it is") if large else tr("cannot be read, left as it is")
            return Found(file, path, NOT_ONE, why)
        digest = hashlib.sha256(file.data).hexdigest()
        entry = self._same(path, digest, file.size)
        if entry is not None:
            return self._known(
                file,
                path,
                entry,
                entry.cover if entry.superseded_by else tr("known, {cover}", cover=entry.cover),
                digest,
            )
        namesake = self.own.get(path) or self._namesake(path)
        if namesake is not None and namesake.name not in _ANYBODYS:
            return self._known(file, path, namesake, CHANGED, digest)
        return self._unknown(file, path, digest)

    def _same(self, path: str, digest: str, size: int) -> Entry | None:
        entries = self.by_hash.get(digest, [])
        named = [entry for entry in entries if _meet(entry.path, path)]
        if named or size > _TELLING:
            return next(iter(named or entries), None)
        return None

    def _namesake(self, path: str) -> Entry | None:
        entries = [entry for entry in self.by_name.get(PurePosixPath(path).name, []) if _meet(entry.path, path)]
        return max(entries, key=lambda entry: (entry.path == path, len(entry.path)), default=None)

    def _known(self, file: File, path: str, entry: Entry, verdict: str, digest: str) -> Found | None:
        if entry.name in _ANYBODYS:
            self.alone[_PACKAGE] += 1
            return None
        month = f"{entry.date:%Y-%m}"
        row = Found(file, path, verdict, entry.did or entry.kind, entry.kind, entry, digest, month, entry.date)
        if entry.kind == "server":
            row.left = tr("starts the application")
        elif self._package(file) is not None:
            row.left = tr("part of an application package")
        elif file.suffix == ".py" and (read := text.read(file.data or b"")) is not None:
            facts = python.facts(file.data or b"", read.text)
            if kinds.is_revision(path, facts):
                row.left = tr("an Alembic revision")
            elif verdict == CHANGED and kinds.is_behaviour_test(path, facts):
                row.left = tr("a test of behaviour by now")
        return row

    def _unknown(self, file: File, path: str, digest: str) -> Found | None:
        read = text.read(file.data or b"")
        if read is None:
            return Found(file, path, NOT_ONE, tr("no text, left as it is"))
        parts = PurePosixPath(file.path).parts[:-1]
        if any(part in ("tests", "test", "__tests__") for part in parts) or file.name == "conftest.py":
            self.alone[_TEST] += 1
            return None
        if self._package(file) is not None:
            self.alone[_PACKAGE] += 1
            return None
        stem = kinds.ending(path)
        if stem == ".py":
            facts = python.facts(file.data or b"", read.text)
            if kinds.is_revision(path, facts):
                self.alone[tr("Alembic revision")] += 1
                return None
            if kinds.is_behaviour_test(path, facts):
                self.alone[_TEST] += 1
                return None
            finding = kinds.of_python(path, facts)
        else:
            finding = kinds.of_sql(path, read) if stem == ".sql" else kinds.of_shell(path, read)
        if finding.kind:
            return Found(file, path, UNKNOWN, finding.why, finding.kind, None, digest)
        if finding.near:
            return Found(file, path, NOT_ONE, finding.why)
        self.alone[tr("no sign of a one-off script")] += 1
        return None

    def _package(self, file: File) -> str | None:
        return packages.of(file.path, self.packages)


def _near(path: str) -> bool:
    return bool(kinds.words(path) & (kinds.CHANGING | kinds.SEEDING | kinds.LOOKING))


def _meet(one: str, other: str) -> bool:
    """Say whether one path ends with the other: the application may lie deeper, or be looked at from inside."""
    a, b = one.split("/"), other.split("/")
    length = min(len(a), len(b))
    return a[-length:] == b[-length:]
