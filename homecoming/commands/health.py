"""`health`: one look, and whether the database is well."""

from __future__ import annotations

import argparse

from homecoming.commands import add_format
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr
from homecoming.monitoring.health import document, healthy, judge, lines
from homecoming.monitoring.report import report
from homecoming.monitoring.take_snapshot import take_snapshot
from homecoming.settings import read_settings
from homecoming.terminal import as_json, say, show


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add_format(parser)
    parser.add_argument(
        "--report", action="store_true", help=tr("write MIGRATION_METRICS_FILE and send alerts, where they are set")
    )


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Say whether the database is healthy."""
    return health(given.format, token, given.report)


def health(style: str = "text", token: CancellationToken | None = None, told: bool = False) -> int:
    """Look at the database and print whether it is healthy.

    Arguments: ``style``, ``text`` or ``json``; ``token``, which watches the connection; ``told``, whether the metrics
    file is written and alerts are sent, too.
    Returns 0 where it is, 1 where it is not or cannot be reached. Errors: UsageError for a variable.
    """
    settings = read_settings()
    snapshot = take_snapshot(settings, token)
    checks = judge(snapshot)
    if style == "json":
        show(as_json(document(snapshot, checks), indent=2))
    else:
        for line in lines(snapshot, checks):
            say(line)
    if told:
        report(settings, snapshot, checks)
    return 0 if healthy(checks) else 1
