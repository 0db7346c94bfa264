"""A run recorded: what it told in the journal, then the metrics file and the alerts, where they are set.

Nothing here fails the run it reports on, or holds it up for long.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from homecoming.connection.interrupts import Interrupted
from homecoming.errors import NoConnectionError
from homecoming.events import observed
from homecoming.language import mark
from homecoming.logs import get_logger
from homecoming.monitoring.recorder import Recorder
from homecoming.monitoring.snapshot import Problem
from homecoming.settings import Settings, read_settings

log = get_logger("monitoring")


@contextlib.contextmanager
def recorded(afterwards: contextlib.ExitStack) -> Iterator[None]:
    """Observe the run inside, whatever ends it; ``afterwards`` records it, and reports it where somebody is to be told.

    Not at once: whoever waits for the run reads first how it ended, however slow a webhook is.
    """
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
            afterwards.callback(_finish, recorder, ended)


def _finish(recorder: Recorder, ended: BaseException | None) -> None:
    try:
        settings = read_settings()
        recorder.write(settings)
        # Who interrupts waits for the end; whoever watches will see what became of it.
        if not isinstance(ended, Interrupted):
            report_run(settings, recorder, ended)
    except Exception as error:
        log.warning(mark("The run was not reported: %s"), type(error).__name__)


def report_run(settings: Settings, recorder: Recorder, ended: BaseException | None) -> None:
    """Write the metrics file and send the alerts, where they are set: ``ended`` is what ended the run, if anything."""
    if settings.monitoring.metrics_file is None and settings.monitoring.alert_url is None:
        return
    # Only here: a run that nobody is told of does not wait for what telling needs.
    from homecoming.monitoring.health import judge
    from homecoming.monitoring.report import report
    from homecoming.monitoring.take_snapshot import offline_snapshot, take_snapshot

    # Where the way was lost just now, another look would only take its time to find the same.
    snapshot = (
        offline_snapshot(settings, Problem.of(ended))
        if isinstance(ended, NoConnectionError)
        else take_snapshot(settings)
    )
    # Also where no journal could be written.
    snapshot = replace(snapshot, journal=replace(snapshot.journal, last_run=recorder.last_run))
    report(settings, snapshot, judge(snapshot))
