"""Whom a look is told to, beside who asked for it: the textfile collector, and the webhook of the alerts."""

from __future__ import annotations

from collections.abc import Sequence

from homecoming.extras import MissingExtraError, need
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.monitoring.checks import Check
from homecoming.monitoring.snapshot import Snapshot
from homecoming.settings import METRICS_FILE, Settings

log = get_logger("monitoring")


def report(settings: Settings, snapshot: Snapshot, checks: Sequence[Check]) -> None:
    """Write MIGRATION_METRICS_FILE where it is set, and send the alerts that are due.

    Neither keeps the other from being done, and nothing is raised: what fails is a warning in one line of the log.
    """
    try:
        _write_metrics(settings, snapshot, checks)
    except MissingExtraError as error:
        log.warning("%s was not written: %s. Next: %s", METRICS_FILE, error.what, error.todo)
    except OSError as error:
        log.warning("%s was not written: %s", METRICS_FILE, error.strerror)
    except Exception as error:
        _warn(tr("the metrics were not written"), error)
    try:
        from homecoming.monitoring import alerts

        alerts.report(settings, snapshot)
    except Exception as error:
        _warn(tr("no alert was sent"), error)


def _write_metrics(settings: Settings, snapshot: Snapshot, checks: Sequence[Check]) -> None:
    if (path := settings.monitoring.metrics_file) is not None:
        need("metrics", METRICS_FILE)
        # It takes 70 ms to load.
        from homecoming.monitoring.metrics import exposition
        from homecoming.monitoring.replaced_file import write

        write(path, exposition(snapshot, checks))


def _warn(what: str, error: Exception) -> None:
    """The class alone: a text that nobody foresaw may hold an address with a password in it."""
    log.warning("Monitoring failed, %s: %s", what, type(error).__name__)
