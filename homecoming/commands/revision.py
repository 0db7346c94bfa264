"""`revision`: the next revision, from what the project's schema has and the history does not make."""

from __future__ import annotations

import argparse
import re
import sys
from argparse import Namespace
from pathlib import Path

from alembic import command

from homecoming.authoring.reference import reference
from homecoming.authoring.words import words
from homecoming.connection.interrupts import CancellationToken
from homecoming.history.configuration import configuration, history_file
from homecoming.language import tr
from homecoming.project import project
from homecoming.terminal import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "-m", required=True, dest="message", metavar="TEXT", help=tr("what it does, as an imperative sentence")
    )


def run(given: argparse.Namespace, _token: CancellationToken) -> int:
    """Write it."""
    return revision(given.message)


def revision(message: str) -> int:
    """Write the next revision from what the schema has and the history does not.

    It is tried at once: what it makes is compared with the schema.

    Returns 0, or 1 where it does not make all of it; errors: HomecomingError.
    """
    with reference() as made:
        config = configuration(written_against=made)
        # As the command line of Alembic would have it: env.py tells by this what is asked for.
        config.cmd_opts = Namespace(cmd=(command.revision, [], []), quiet=True, x=None, rev_id=None, autogenerate=True)
        written = command.revision(config, message, autogenerate=True)
        assert written is not None
        assert not isinstance(written, list)
        say(tr("Written: {path}", path=written.path))
        made.build()
        _, found = made.compared()
    for line in words(found):
        say(tr("{revision} does not make: {line}", revision=written.revision, line=line), sys.stderr)
    if found.lacking or found.surplus:
        return 1
    say(tr("Next: say why in its docstring, then: {tried_by}", tried_by=_tried_by(history_file().parent)))
    return 0


def _tried_by(folder: Path) -> str:
    """Return the command that tries a new revision, of the targets that a project's Makefile has."""
    files = [file for name in ("Makefile", "homecoming.mk") if (file := folder / name).is_file()]
    rules = re.findall(r"^([a-z][\w -]*):(?!=)", "\n".join(file.read_text("utf-8") for file in files), re.MULTILINE)
    known = [target for target in ("check", "lint", "test") if target in " ".join(rules).split()]
    return f"make {' '.join(known)}" if known else f"{project().command} check"
