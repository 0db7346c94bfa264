"""What the environment says of backups, for ``settings.py``, which reads it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from homecoming.errors import UsageError
from homecoming.language import tr

BACKUP_DIR = "MIGRATION_BACKUP_DIR"
PG_DUMP = "MIGRATION_PG_DUMP"
BACKUP = "MIGRATION_BACKUP"
BACKUP_LIMIT = "MIGRATION_BACKUP_LIMIT"
BACKUP_COMMAND = "MIGRATION_BACKUP_COMMAND"
COMMAND_LIMIT = "MIGRATION_BACKUP_COMMAND_LIMIT"
KEEP = "MIGRATION_BACKUP_KEEP"
KEEP_DAYS = "MIGRATION_BACKUP_KEEP_DAYS"
# Two weeks of nights, and what a month of deployments made.
BACKUP_COUNTS = {KEEP: 14, KEEP_DAYS: 30}

# In place of a program: a copy of our own, which goes into SQLite as well.
NO_PG_DUMP = Path("none")

# Whether an upgrade takes a backup first: if it can, or else not at all, or never.
AUTO, REQUIRE, OFF = MODES = ("auto", "require", "off")

# A dump of so much takes half a minute, which a deployment has.
BACKUP_DEFAULTS = {BACKUP_DIR: "backups", BACKUP_LIMIT: "500MB"}
BACKUP_VARIABLES = (BACKUP_DIR, PG_DUMP, BACKUP, BACKUP_LIMIT, BACKUP_COMMAND)

_SIZE = re.compile(r"(\d{1,15})\s*([KMGT]?)B?", re.ASCII | re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


@dataclass(frozen=True)
class Backups:
    """Where backups lie, what makes them, and when.

    Attributes: ``folder``; ``pg_dump``, the program to use, None where it is looked for; ``mode``, whether an upgrade
    takes one first, None where nobody said; ``limit``, the bytes of a database above which one is not taken by itself;
    ``command``, the words that ship a file, and ``command_limit``, the seconds it has; ``keep`` and ``keep_days``, how
    many of those that were made by themselves stay, and for how long; ``is_named``, whether somebody named the folder.
    """

    folder: Path
    pg_dump: Path | None
    mode: str | None = None
    limit: int = 500 * 10**6
    command: tuple[str, ...] = ()
    command_limit: float = 3600.0
    keep: int = 14
    keep_days: int = 30
    is_named: bool = False


def backups_of(given: Mapping[str, str], durations: Mapping[str, float], counts: Mapping[str, int]) -> Backups:
    """Return what variables say of backups.

    Arguments: ``durations`` and ``counts``, those that were read already, by their variables.
    Errors: UsageError for what cannot be followed.
    """
    mode = given.get(BACKUP)
    if mode is not None and mode.lower() not in MODES:
        raise UsageError(
            tr("{name} is none of {names}", name=BACKUP, names=", ".join(MODES)),
            tr("Unset, it is {auto} for a command, {off} for the start-up hook", auto=AUTO, off=OFF),
        )
    return Backups(
        folder=Path(given.get(BACKUP_DIR) or BACKUP_DEFAULTS[BACKUP_DIR]),
        pg_dump=Path(given[PG_DUMP]) if PG_DUMP in given else None,
        mode=mode and mode.lower(),
        limit=_size(given.get(BACKUP_LIMIT) or BACKUP_DEFAULTS[BACKUP_LIMIT]),
        command=_words(given.get(BACKUP_COMMAND, "")),
        command_limit=durations[COMMAND_LIMIT],
        keep=counts[KEEP],
        keep_days=counts[KEEP_DAYS],
        is_named=BACKUP_DIR in given,
    )


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise UsageError(
            tr("{name} has a quote that is not closed", name=BACKUP_COMMAND),
            tr("Write it as for a shell"),
        ) from None


def _size(text: str) -> int:
    found = _SIZE.fullmatch(text)
    if found is None:
        raise UsageError(
            tr("{name} is not a size", name=BACKUP_LIMIT),
            tr(
                "Write it as 200MB or 2GB; unset, it is {default}",
                default=BACKUP_DEFAULTS[BACKUP_LIMIT],
            ),
        )
    return int(found[1]) * _UNITS[found[2].upper()]
