"""`prepare-undo`: what was made ahead of an upgrade that does not come, taken away again."""

from __future__ import annotations

import argparse

from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr
from homecoming.prepare.prepare import undo
from homecoming.settings import read_settings
from homecoming.terminal import say


def run(_given: argparse.Namespace, token: CancellationToken) -> int:
    """Take it away, and say what it was. Returns 0; errors: HomecomingError."""
    gone = undo(read_settings(), token)
    for leftover in gone:
        say(tr("Taken away: {table}: {what}", table=leftover.table, what=leftover.what))
    if not gone:
        say(tr("Nothing was made ahead here"))
    return 0
