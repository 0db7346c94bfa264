"""The manifest beside a backup: what was in the database at that moment, and what has been proven of the file since."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from homecoming.backup.checksums import QUICK, SHA256
from homecoming.backup.place import written
from homecoming.connection.sqlite_file import file_of
from homecoming.errors import Refused
from homecoming.language import tr
from homecoming.settings import Settings
from homecoming.terminal import as_json

FORMAT = 1
ENDING = ".json"

# What made the file: pg_dump, our own copy, or SQLite's online backup.
DUMP, COPY, FILE = "pg_dump", "copy", "sqlite"

# Who had it made: a person, or what makes one by itself.
PERSON, UPGRADE, NIGHTLY = "person", "upgrade", "nightly"


@dataclass(frozen=True)
class Count:
    """What a table holds: how many rows, and a checksum of them that no order of rows or columns changes."""

    rows: int
    checksum: str


@dataclass(frozen=True)
class Proof:
    """That a backup was restored and compared: when, where to, and how many seconds each part took."""

    at: str
    where: str
    seconds: Mapping[str, float]


@dataclass(frozen=True)
class Manifest:
    """A backup, told without a credential and without a row.

    Attributes: ``file``, its name; ``kind``, what made it; ``made_for``, who had it made;
    ``checksums``, the method of those of the tables;
    ``database``, its name alone, and ``place``, where it is; ``client``, which made the file; ``contents``, the bytes
    of the tables; ``tables``, by name; ``path`` of a SQLite file; ``proven`` and ``drilled``, None where it was not.
    """

    file: str
    kind: str
    sha256: str
    size: int
    made_at: str
    made_for: str
    run: str
    project: str
    database: str
    place: str
    server: str
    client: str | None
    revision: str | None
    fingerprint: str
    contents: int
    seconds: float
    tables: Mapping[str, Count]
    # Manifests that do not say were made with these.
    checksums: str = SHA256
    path: str | None = None
    proven: Proof | None = None
    drilled: Proof | None = None

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(count.rows for count in self.tables.values())

    @property
    def age(self) -> float:
        """The seconds since it was made."""
        return (datetime.now(UTC) - datetime.fromisoformat(self.made_at)).total_seconds()


@dataclass(frozen=True)
class Made:
    """A backup that was made: its file, and what its manifest says."""

    file: Path
    manifest: Manifest


def beside(file: Path) -> Path:
    """Return where the manifest of a backup lies."""
    return file.with_name(file.name + ENDING)


def write(manifest: Manifest, folder: Path) -> Path:
    """Write a manifest beside its file, whole or not at all. Returns its path."""
    path = beside(folder / manifest.file)
    with written(path) as draft:
        draft.write_text(as_json({"format": FORMAT, **asdict(manifest)}, indent=2) + "\n", "utf-8")
    return path


def read(file: Path) -> Manifest:
    """Read the manifest of a backup.

    Raises:
        Refused: there is none, or it is none of ours; or there is one, and its backup is missing.
    """
    path = beside(file)
    if not file.is_file():
        if path.is_file():
            raise Refused(
                tr("{path} is there, and {name}, of which it tells, is not", path=path, name=file.name),
                tr("Bring that file back from where backups are shipped to, or remove the manifest that is left"),
            )
        raise Refused(
            tr("there is no backup {file}", file=file), tr("See which there are in the folder of MIGRATION_BACKUP_DIR")
        )
    if not path.is_file():
        raise Refused(
            tr("{file} has no manifest {name} beside it: what it has to hold is not known", file=file, name=path.name),
            tr("Bring the manifest back from where backups are shipped to; by hand, its own pg_restore reads a dump"),
        )
    try:
        return _of(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        raise Refused(
            tr("{path} is not a manifest that this version can read", path=path),
            tr("Bring it back from where backups are shipped to, or use the version of this repository that made it"),
        ) from None


def found(folder: Path) -> list[Manifest]:
    """Return the backups of a folder whose file and manifest are both there and can be read, the newest first."""
    manifests = []
    for path in folder.glob(f"*{ENDING}") if folder.is_dir() else ():
        try:
            manifests.append(read(path.with_name(path.name.removesuffix(ENDING))))
        except Refused:
            continue
    return sorted(manifests, key=lambda manifest: manifest.made_at, reverse=True)


def of_database(settings: Settings) -> list[Manifest]:
    """Return the backups of the configured database, the newest first.

    A server's is known by its name and host; a SQLite file by its path, and in a folder of backups that moves with it
    by its name.
    """
    places = {candidate.place for candidate in settings.candidates}
    file = file_of(settings.database_url) if settings.database_url.get_backend_name() == "sqlite" else None
    is_beside = file is None or not settings.backup.folder.is_absolute()
    return [
        told
        for told in found(settings.backup.folder)
        if (told.place in places and (is_beside or told.path is None)) or (file and told.path == str(file))
    ]


def proven(manifest: Manifest, where: str, seconds: Mapping[str, float], drilled: bool = False) -> Manifest:
    """Return a manifest that tells what was just proven."""
    proof = Proof(datetime.now(UTC).isoformat(timespec="seconds"), where, dict(seconds))
    return replace(manifest, proven=proof, drilled=proof if drilled else manifest.drilled)


def _of(value: dict[str, Any]) -> Manifest:
    if value.pop("format") != FORMAT:
        raise ValueError("another format")
    tables = {str(name): Count(int(one["rows"]), str(one["checksum"])) for name, one in value.pop("tables").items()}
    proven, drilled = (Proof(**one) if (one := value.pop(name)) else None for name in ("proven", "drilled"))
    manifest = Manifest(**value, tables=tables, proven=proven, drilled=drilled)
    datetime.fromisoformat(manifest.made_at)
    if manifest.checksums not in (QUICK, SHA256):
        raise ValueError("checksums that are not known here")
    # The name of a file beside it, and nothing that leads elsewhere.
    if Path(manifest.file).name != manifest.file or not isinstance(manifest.size, int):
        raise ValueError("another's")
    return manifest
