"""Observes a run, and writes what it saw into the journal."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from datetime import UTC, datetime

from homecoming.events import Event
from homecoming.logs import get_logger
from homecoming.monitoring import journal
from homecoming.monitoring.snapshot import LastRun
from homecoming.settings import Settings

log = get_logger("monitoring")


class Recorder:
    """What a run tells, collected: its attempts to connect, its waits for locks, its end."""

    def __init__(self) -> None:
        self.attempts: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
        self.lock_wait = 0.0
        self.last_run: LastRun | None = None

    def __call__(self, event: Event) -> None:
        """Take an event."""
        fields = event.fields
        if event.name == "attempt":
            self.attempts[fields["strategy"], fields["error_class"] or fields["result"]].append(fields["seconds"])
        elif event.name == "lock_waited":
            self.lock_wait += fields["seconds"]
        elif event.name == "run_ended":
            self.last_run = LastRun(
                event.run,
                fields["way"],
                fields["direction"],
                fields["result"],
                fields["exit_code"],
                fields["seconds"],
                datetime.now(UTC),
                round(self.lock_wait, 3),
            )

    def write(self, settings: Settings) -> None:
        """Write it into the journal. A journal that cannot be written is a line for machines, no more."""
        database = settings.candidates[0].place
        try:
            with journal.opened(settings.monitoring.state) as opened:
                journal.add_attempts(opened, database, self.attempts)
                if self.last_run is not None:
                    journal.set_run(opened, database, self.last_run)
        except (OSError, sqlite3.Error) as error:
            log.debug("The journal was not written: %s", type(error).__name__)
