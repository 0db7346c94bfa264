"""`downgrade`: the database as it was before later revisions, or what that would undo."""

from __future__ import annotations

import argparse

from homecoming.commands.upgrade import run_command
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr
from homecoming.monitoring.runs import recorded
from homecoming.rehearsal.plan import plan


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("revision", metavar="REV")
    parser.add_argument(
        "--plan", action="store_true", help=tr("say what it would undo and what would stay; do nothing")
    )


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Take the database back to the revision, or say what that would undo."""
    if given.plan:
        return plan("downgrade", given.revision, token)
    with recorded(given.afterwards):
        return run_command("downgrade", given.revision, token)
