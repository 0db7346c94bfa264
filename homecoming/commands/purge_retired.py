"""`purge-retired`: the rows of what was retired long ago deleted for good; the way back goes on without them."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta

from homecoming.connection.interrupts import CancellationToken
from homecoming.errors import UsageError
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.run.purge import purge
from homecoming.settings import read_settings

log = get_logger("deploy")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("--older-than", metavar="DAYS", required=True, help=tr("what was retired before that: 90d"))
    parser.add_argument("--confirm", metavar="NAME", required=True, help=tr("the name of the database"))


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Delete it. Returns 0; errors: HomecomingError, and nothing is deleted."""
    done = purge(read_settings(), _days(given.older_than), given.confirm, token)
    if not done.things:
        log.info("Nothing that is older keeps a row")
        return 0
    first = min(thing.entry.revision or "base" for thing in done.things)
    log.info("Purged: %d rows of %d things. migration_history has a line of it", done.rows, len(done.things))
    log.info(
        "The way back goes on: below revision %s it brings back what these were, without these rows. Backups that were"
        " made before hold them still",
        first,
    )
    return 0


def _days(text: str) -> timedelta:
    found = re.fullmatch(r"(\d{1,5})d", text, re.ASCII)
    if found is None:
        raise UsageError(tr("OLDER_THAN is not a number of days"), tr("Write it as 90d"))
    return timedelta(days=int(found[1]))
