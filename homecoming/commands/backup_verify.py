"""`backup-verify`: a backup restored where nobody is, compared, and noted as proven."""

from __future__ import annotations

import argparse

from homecoming.backup.verify import backup_verify
from homecoming.connection.interrupts import Breaker


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="the backup (the newest of this database)")


def run(given: argparse.Namespace, breaker: Breaker) -> int:
    """Prove a backup."""
    return backup_verify(given.file, breaker)
