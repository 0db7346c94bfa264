"""The inventory of scripts, REGISTER.toml: one entry a script, what it did, and the revision that does it now."""

from __future__ import annotations

import datetime
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from homecoming.errors import UsageError
from homecoming.language import Message, tr
from homecoming.project import project

NAME = "REGISTER.toml"

KINDS = ("check", "data", "deploy", "other", "schema", "seed", "server", "test")
DIALECTS = ("both", "none", "postgresql", "sqlite", "unknown")
REASONS = ("check", "seed", "server", "never worked", "no database")
"""Why no revision supersedes a script: it looks, it inserts examples, it starts the application, ..."""

_TEXTS = ("left", "defects", "superseded_by", "sha256", "redacted")


@dataclass(frozen=True)
class Entry:
    """What is known of one script; docs/archive.md describes the fields.

    ``review`` marks an entry that `make archive` added and nobody has read; ``archived`` is where the file went, from
    the folder of the application; ``redacted`` says which lines lost a secret.
    """

    path: str
    date: datetime.date
    kind: str
    dialect: str
    did: str
    left: tuple[str, ...] = ()
    defects: tuple[str, ...] = ()
    superseded_by: tuple[str, ...] = ()
    no_revision: str = ""
    sha256: tuple[str, ...] = ()
    review: bool = False
    archived: str = ""
    redacted: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return PurePosixPath(self.path).name

    @property
    def cover(self) -> Message:
        """Who does its work now, in a few words."""
        if self.superseded_by:
            return tr("covered by {revisions}", revisions=", ".join(self.superseded_by))
        return tr("to be reviewed") if self.review else tr("nothing to cover: {why}", why=self.no_revision)


def shipped() -> Path:
    """Return the path of the register that comes with this project."""
    return project().beside(f"archive/{NAME}")


def load(path: Path) -> tuple[Entry, ...]:
    """Read a register; a file that is not there has no entries.

    Errors: UsageError where it cannot be read, or an entry holds what an entry cannot: its fields become paths.
    """
    try:
        document = tomllib.loads(path.read_bytes().decode())
    except (FileNotFoundError, NotADirectoryError):
        return ()
    except (OSError, ValueError) as error:
        raise UsageError(
            tr("{path} cannot be read: {name}", path=path, name=type(error).__name__), tr("Put it right, or restore it")
        ) from None
    found = document.get("script", [])
    if not isinstance(found, list):
        raise UsageError(tr("{path} holds no [[script]] entries", path=path), tr("Put it right, or restore it"))
    return tuple(
        _entry(raw, tr("{path}: entry {number}", path=path, number=number)) for number, raw in enumerate(found, 1)
    )


def is_inside(path: object) -> bool:
    """Say whether a path is text that leads to a place below the folder it starts from."""
    if not isinstance(path, str) or not path or "\0" in path:
        return False
    parts = path.split("/")
    return not any(part in ("", ".", "..") for part in parts)


def _entry(raw: object, where: Message) -> Entry:
    def refuse(field: str) -> UsageError:
        return UsageError(
            tr("{where}: {field} is not as it has to be", where=where, field=field),
            tr("Put the entry right: docs/archive.md"),
        )

    if not isinstance(raw, Mapping):
        raise refuse(tr("it"))
    unknown = set(raw) - set(Entry.__dataclass_fields__)
    if unknown:
        raise refuse(min(unknown))
    if not is_inside(raw.get("path")):
        raise refuse("path")
    if type(raw.get("date")) is not datetime.date:
        raise refuse("date")
    for field, allowed in (("kind", KINDS), ("dialect", DIALECTS)):
        if raw.get(field) not in allowed:
            raise refuse(field)
    for field in _TEXTS:
        value = raw.get(field, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            raise refuse(field)
    if not all(re.fullmatch("[0-9a-f]{64}", digest) for digest in raw.get("sha256", [])):
        raise refuse("sha256")
    if not all(re.fullmatch(r"\d{4}", revision) for revision in raw.get("superseded_by", [])):
        raise refuse("superseded_by")
    for field in ("did", "no_revision", "archived"):
        if not isinstance(raw.get(field, ""), str):
            raise refuse(field)
    if raw.get("archived") and not is_inside(raw["archived"]):
        raise refuse("archived")
    if not isinstance(raw.get("review", False), bool):
        raise refuse("review")
    if raw.get("no_revision") and raw["no_revision"] not in REASONS:
        raise refuse("no_revision")
    given: dict[str, Any] = {**raw, **{field: tuple(raw.get(field, ())) for field in _TEXTS}}
    return Entry(**{"did": "", **given})


def save(path: Path, entries: Iterable[Entry]) -> str:
    """Return the text of the register at ``path`` with these entries in it: new ones added, known ones replaced.

    An entry is known by its path. What stands there already keeps its comments and its order.
    """
    import tomlkit

    text = path.read_bytes().decode() if path.exists() else HEAD
    document = tomlkit.parse(text)
    tables = document.setdefault("script", tomlkit.aot())
    places = {str(table["path"]): table for table in tables}
    for entry in entries:
        table = places.get(entry.path)
        if table is None:
            table = tomlkit.table()
            tables.append(table)
            places[entry.path] = table
        for field, value in _fields(entry).items():
            if table.get(field) != value:
                table[field] = _array(value) if isinstance(value, list) else value
    return tomlkit.dumps(document)


HEAD = """\
# The one-off scripts that came to rest in this folder: written by `make archive`, kept by hand from then on. Where an
# entry says review = true, say what the script did and which revision does it now, and take that line away.

"""


def _fields(entry: Entry) -> dict[str, Any]:
    """What an entry says, in the order in which it is written; what it does not say is not written."""
    fields: dict[str, Any] = {}
    for field in Entry.__dataclass_fields__:
        value = getattr(entry, field)
        if field in ("left", "defects", "sha256") or value:
            fields[field] = list(value) if isinstance(value, tuple) else value
    return fields


def _array(values: list[str]) -> Any:
    import tomlkit

    array = tomlkit.array()
    array.extend(values)
    # A line a value, so that a change is a change of one line; revisions are short.
    return array.multiline(any(len(value) > 4 for value in values))
