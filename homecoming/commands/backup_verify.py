"""`backup-verify`: a backup restored where nobody is, compared, and noted as proven."""

from __future__ import annotations

import argparse

from homecoming.backup.verify import backup_verify
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add_file(parser)
    parser.add_argument(
        "--drill-after", type=int, metavar="DAYS", help=tr("drill it, too, where none was for so many days")
    )


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add the backup that a verb is about."""
    parser.add_argument("file", nargs="?", metavar="FILE", help=tr("the backup (the newest of this database)"))


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Prove a backup."""
    return backup_verify(given.file, token, given.drill_after)
