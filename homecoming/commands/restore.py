"""`restore`: a backup restored beside what is there, compared, then the names swapped; what was there is kept."""

from __future__ import annotations

import argparse

from homecoming.backup.restore import restore
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("file", metavar="FILE", help=tr("the backup"))
    parser.add_argument(
        "--into",
        metavar="NAME",
        help=tr("another database of the server, another SQLite file, or sqlite:///FILE of a copy"),
    )
    parser.add_argument(
        "--confirm", metavar="NAME", help=tr("the database that is to go, where the backup is of another")
    )


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Restore a backup."""
    return restore(given.file, given.into, given.confirm, token)
