"""`drill`: a backup proven, the restored database taken to head and back, each step timed."""

from __future__ import annotations

import argparse

from homecoming.backup.verify import drill
from homecoming.commands import backup_verify
from homecoming.connection.interrupts import CancellationToken


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    backup_verify.add_file(parser)


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Drill a recovery."""
    return drill(given.file, token)
