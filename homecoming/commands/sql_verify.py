"""`sql-verify`: one SELECT that judges the database it is pasted into."""

from __future__ import annotations

import argparse

from homecoming import console
from homecoming.connection.interrupts import CancellationToken


def run(_given: argparse.Namespace, _token: CancellationToken) -> int:
    """Print it."""
    return console.sql_verify()
