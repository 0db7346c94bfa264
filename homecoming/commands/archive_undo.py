"""`archive-undo`: the last move into the archive, taken back."""

from __future__ import annotations

import argparse

from homecoming.archive import git, moving, undo
from homecoming.archive.survey import folder_of
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr, trn
from homecoming.logs import get_logger

log = get_logger("archive")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("source", nargs="?", default=".", metavar="SRC", help=tr("the application's folder (this one)"))


def run(given: argparse.Namespace, _token: CancellationToken) -> int:
    """Take the last move back."""
    return archive_undo(given.source)


def archive_undo(given: str) -> int:
    """Take back the last run of `archive` that moved files below a folder.

    Errors: UsageError, also where the list is damaged; Refused where a moved file was edited since; FailedError.
    """
    source = folder_of(given)
    top = git.top_of(source)
    repository = git.Repository(top) if top is not None else None
    prefix = moving.prefix_of(source, top or source)
    state = undo.state_of(source, repository)
    last = undo.newest(state, prefix)
    if last is None:
        log.info("Nothing to undo: no run moved files here, or all were taken back")
        return 0
    with undo.Lock(state):
        problems = undo.check(last, source)
        if problems:
            raise undo.refuse(problems)
        count = undo.take_back(last, source, repository, prefix)
    back = trn("{n} file back where it was", "{n} files back where they were", count)
    log.info("%s; the register and the README are as before", back)
    return 0
