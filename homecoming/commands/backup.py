"""`backup`: everything in a database written into one file, with a manifest of what it holds."""

from __future__ import annotations

import argparse

from homecoming.backup.take import backup
from homecoming.connection.interrupts import Breaker


def run(_given: argparse.Namespace, breaker: Breaker) -> int:
    """Take a backup."""
    return backup(breaker)
