"""`metrics`: one look, for Prometheus."""

from __future__ import annotations

import argparse
import contextlib

from homecoming.connection.interrupts import CancellationToken
from homecoming.errors import UsageError, why
from homecoming.language import tr
from homecoming.monitoring.health import judge
from homecoming.monitoring.metrics import exposition
from homecoming.monitoring.replaced_file import write
from homecoming.monitoring.take_snapshot import take_snapshot
from homecoming.settings import METRICS_FILE, read_settings
from homecoming.terminal import show


def run(_given: argparse.Namespace, token: CancellationToken) -> int:
    """Print the metrics, and write MIGRATION_METRICS_FILE where it is set.

    Returns 0, also where the database cannot be reached: the metric database_up tells that. Errors: UsageError for a
    setting that cannot be followed; for a file that cannot be written, after they were printed.
    """
    settings = read_settings()
    snapshot = take_snapshot(settings, token)
    text = exposition(snapshot, judge(snapshot))
    # A reader that goes away takes nothing from the file.
    with contextlib.suppress(BrokenPipeError):
        show(text.decode())
    if (path := settings.monitoring.metrics_file) is not None:
        try:
            write(path, text)
        except OSError as error:
            raise UsageError(
                tr("{name} cannot be written: {why}", name=METRICS_FILE, why=why(error)),
                tr("Name a file in a folder that is there and that this user may write to, or unset it"),
            ) from None
    return 0
