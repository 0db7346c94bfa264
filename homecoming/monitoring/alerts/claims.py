"""Who tells an alert, and when: one process of several, at most once an hour, by what the journal says was told.

Who is about to tell claims it first, and gives the claim back where it could not be delivered.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from homecoming.monitoring.journal import opened

# Seconds between two alerts of one cause that say the same: that it is firing, or that it is over.
PAUSE = 3600.0

_READ = "SELECT cause, firing, told_at, resolved_at FROM alerts WHERE database = ?"
_WRITE = "INSERT OR REPLACE INTO alerts VALUES (?, ?, ?, ?, ?)"


class Notified(NamedTuple):
    """What was told of a cause: whether, last, that it is firing; and when either was told."""

    firing: int
    told_at: float | None
    resolved_at: float | None


NOTHING = Notified(0, None, None)


class Claims:
    """The claims of one report on one database.

    Arguments: ``folder`` of the journal; ``now``, seconds since 1970. Where the journal cannot be written, every alert
    may be told, rather twice than never; but that something is over, only if the journal says that it had begun.
    """

    def __init__(self, folder: Path, database: str, now: float) -> None:
        self._folder = folder
        self._database = database
        self._now = now
        self._before: dict[str, Notified] = {}
        self._told: Mapping[str, Notified] | None = None
        # One look for all causes: of a database that is well there is nothing to claim.
        with contextlib.suppress(OSError, sqlite3.Error), opened(folder) as journal:
            self._told = self._read(journal)

    def take(self, cause: str, firing: bool) -> bool:
        """Claim an alert; return whether it is this process's to tell, now."""
        if self._told is None:
            return firing
        if not self._due(self._told.get(cause, NOTHING), firing):
            return False
        try:
            with opened(self._folder) as journal:
                # Again, now that nobody else can write: another process may have been first.
                before = self._read(journal).get(cause, NOTHING)
                if not self._due(before, firing):
                    return False
                journal.execute(_WRITE, (self._database, cause, *self._after(before, firing)))
        except (OSError, sqlite3.Error):
            return firing
        self._before[cause] = before
        return True

    def give_back(self, cause: str, firing: bool) -> None:
        """Undo a claim, so that the next report tells it, unless another process has claimed it since."""
        before = self._before.pop(cause, None)
        if before is None:
            return
        with contextlib.suppress(OSError, sqlite3.Error), opened(self._folder) as journal:
            if self._read(journal).get(cause) == self._after(before, firing):
                journal.execute(_WRITE, (self._database, cause, *before))

    def _read(self, journal: sqlite3.Connection) -> dict[str, Notified]:
        return {cause: Notified(*told) for cause, *told in journal.execute(_READ, (self._database,))}

    def _due(self, told: Notified, firing: bool) -> bool:
        if firing:
            return self._is_over(told.told_at)
        # That it began was told, that it is over was not.
        return bool(told.firing) and self._is_over(told.resolved_at)

    def _after(self, told: Notified, firing: bool) -> Notified:
        """What the journal says once it is told."""
        return told._replace(firing=1, told_at=self._now) if firing else told._replace(firing=0, resolved_at=self._now)

    def _is_over(self, since: float | None) -> bool:
        """Whether the pause is over; also where a clock that was put right left a moment that is yet to come."""
        return since is None or abs(self._now - since) >= PAUSE
