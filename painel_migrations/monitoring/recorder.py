"""Observes a run, and writes what it saw into the journal; then the metrics file and the alerts, where they are set.

Nothing here fails the run it reports on, or holds it up for long.
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from painel_migrations.connection.interrupts import Interrupted
from painel_migrations.errors import NoConnectionError
from painel_migrations.events import Event, observed
from painel_migrations.monitoring import journal
from painel_migrations.monitoring.snapshot import LastRun, Problem
from painel_migrations.settings import Settings, read_settings

log = logging.getLogger("painel_migrations.monitoring")


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


@contextlib.contextmanager
def recorded() -> Iterator[None]:
    """Record the run inside, whatever ends it, and report it where somebody is to be told."""
    recorder = Recorder()
    ended: BaseException | None = None
    try:
        with observed(recorder):
            yield
    except BaseException as error:
        ended = error
        raise
    finally:
        # Without a run there was a mistake in a command, which nobody else needs to know.
        if recorder.last_run is not None:
            _finish(recorder, ended)


def _finish(recorder: Recorder, ended: BaseException | None) -> None:
    try:
        settings = read_settings()
        recorder.write(settings)
        # Who interrupts waits for the end; whoever watches will see what became of it.
        if not isinstance(ended, Interrupted):
            report_run(settings, recorder, ended)
    except Exception as error:
        log.warning("The run was not reported: %s", type(error).__name__)


def report_run(settings: Settings, recorder: Recorder, ended: BaseException | None) -> None:
    """Write the metrics file and send the alerts, where they are set: ``ended`` is what ended the run, if anything."""
    if settings.monitoring.metrics_file is None and settings.monitoring.alert_url is None:
        return
    from painel_migrations.monitoring.health import judge
    from painel_migrations.monitoring.look import blind, look
    from painel_migrations.monitoring.report import report

    # Where the way was lost just now, another look would only take its time to find the same.
    snapshot = blind(settings, Problem.of(ended)) if isinstance(ended, NoConnectionError) else look(settings)
    # Also where no journal could be written.
    snapshot = replace(snapshot, journal=replace(snapshot.journal, last_run=recorder.last_run))
    report(settings, snapshot, judge(snapshot))
