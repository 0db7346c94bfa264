"""What the environment says of backups, for ``settings.py``, which reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

BACKUP_DIR = "MIGRATION_BACKUP_DIR"
PG_DUMP = "MIGRATION_PG_DUMP"

BACKUP_DEFAULTS = {BACKUP_DIR: "backups"}
BACKUP_VARIABLES = (BACKUP_DIR, PG_DUMP)


@dataclass(frozen=True)
class Backups:
    """Where backups lie, and what makes them.

    Attributes: ``folder``; ``pg_dump``, the program to use, None where it is looked for.
    """

    folder: Path
    pg_dump: Path | None


def backups_of(given: Mapping[str, str]) -> Backups:
    """Return what variables say of backups. Errors: UsageError for what cannot be followed."""
    return Backups(
        folder=Path(given.get(BACKUP_DIR) or BACKUP_DEFAULTS[BACKUP_DIR]),
        pg_dump=Path(given[PG_DUMP]) if PG_DUMP in given else None,
    )
