"""`check`: new revisions judged, and the project's schema against what the history makes from nothing."""

from __future__ import annotations

import argparse
import sys

from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from homecoming.authoring.judging import Judgement, judge, report
from homecoming.authoring.reference import reference
from homecoming.authoring.words import words
from homecoming.commands import add_format
from homecoming.connection.interrupts import CancellationToken
from homecoming.errors import HomecomingError
from homecoming.language import and_joined, tr
from homecoming.terminal import as_json, say, show


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add_format(parser, ("text", "json", "markdown"))
    parser.add_argument(
        "--from",
        dest="start",
        metavar="REV",
        help=tr("judge what comes after REV (what the main branch does not have)"),
    )


def run(given: argparse.Namespace, _token: CancellationToken) -> int:
    """Judge, and compare."""
    return check(given.format, given.start)


def check(form: str = "text", start: str | None = None) -> int:
    """Judge the new revisions, and look for a change of the schema without a revision.

    Args:
        form: text, json or markdown.
        start: The last revision that is not new; None for those that the main branch does not have.

    Returns:
        0 where there is nothing to do, 1 where there is.

    Raises:
        HomecomingError: Where the history does not get to its end. What the judgement says comes before.
    """
    judgement = judge(start)
    differs: list[str] = []
    dialects, stopped = "", None
    try:
        differs, dialects = _compared()
    except (HomecomingError, CommandError, DBAPIError) as error:
        # It may be why.
        stopped = error
    _tell(form, judgement, differs, dialects, stopped is not None)
    if stopped is not None:
        raise stopped
    return 0 if judgement.is_clean and not differs else 1


def _compared() -> tuple[list[str], str]:
    """Return what the schema has and the history does not make, and where it was tried."""
    with reference() as made:
        _, found = made.compared()
        dialects = and_joined({"sqlite": "SQLite", "postgresql": "PostgreSQL"}[name] for name in made.connections)
    return list(words(found)), dialects


def _tell(form: str, judgement: Judgement, differs: list[str], dialects: str, is_stopped: bool) -> None:
    if form == "json":
        equal = None if is_stopped else not differs
        show(as_json({"equal": equal, "differences": differs, **report.document(judgement)}, indent=2))
        return
    if form == "markdown":
        show(report.markdown(judgement, differs))
        return
    say(report.heading(judgement))
    for line in report.lines(judgement):
        say(line)
    if not judgement.is_clean:
        say(report.summary(judgement), sys.stderr)
    for what in differs:
        say(tr("No revision for: {line}", line=what), sys.stderr)
    if differs:
        say(tr("Next: {todo}", todo=tr("make revision M='what changed'")), sys.stderr)
    elif not is_stopped:
        say(tr("Every change of the schema has its revision, on {dialects}", dialects=dialects))
