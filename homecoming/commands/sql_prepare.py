"""`sql-prepare`: one SELECT whose rows are what can be made ahead of the console script, a statement each."""

from __future__ import annotations

import argparse

from homecoming.connection.interrupts import CancellationToken
from homecoming.console.script import postgresql_only, print_script
from homecoming.prepare.steps import script


def run(_given: argparse.Namespace, _breaker: CancellationToken) -> int:
    """Print it. Returns 0; errors: UsageError."""
    postgresql_only()
    print_script(script())
    return 0
