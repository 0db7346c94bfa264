"""`backup`: everything in a database written into one file, with a manifest of what it holds."""

from __future__ import annotations

import argparse

from homecoming.backup.manifest import NIGHTLY, PERSON
from homecoming.backup.take import backup
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--nightly", action="store_true", help=tr("one that retention may remove, as no person made it")
    )


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Take a backup."""
    return backup(token, NIGHTLY if given.nightly else PERSON)
