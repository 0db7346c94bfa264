"""`doctor`: why the database cannot be reached, or what an upgrade would meet there. Nothing is written."""

from __future__ import annotations

import argparse

from homecoming.connection.interrupts import CancellationToken
from homecoming.doctor import doctor


def run(_given: argparse.Namespace, _token: CancellationToken) -> int:
    """Examine every way to the database."""
    return doctor()
