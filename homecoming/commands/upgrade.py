"""`upgrade`: the database at the newest schema, or what that would do."""

from __future__ import annotations

import argparse

from homecoming.connection.interrupts import Breaker
from homecoming.monitoring.runs import recorded
from homecoming.rehearsal.plan import plan
from homecoming.run.command import run_command


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("revision", nargs="?", default="head", metavar="REV")
    parser.add_argument("--plan", action="store_true", help="say what it would do and what is in its way; do nothing")


def run(given: argparse.Namespace, breaker: Breaker) -> int:
    """Bring the database to the revision, or say what that would do."""
    if given.plan:
        return plan("upgrade", given.revision, breaker)
    with recorded(given.afterwards):
        return run_command("upgrade", given.revision, breaker)
