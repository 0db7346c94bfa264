"""`states`: every schema that the models ever had, out of the application's git history, a JSON file each."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path

from homecoming.connection.interrupts import CancellationToken
from homecoming.errors import FailedError, UsageError, why
from homecoming.language import tr
from homecoming.project import project
from homecoming.states.commits import SECONDS, Models, State, Unread, states
from homecoming.terminal import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    where = tr("the folder of a clone that the models are imported from (this one)")
    parser.add_argument("folder", nargs="?", default=".", metavar="SRC", help=where)
    parser.add_argument(
        "--models", metavar="MODULE:BASE", help=tr("where they are in it, if not where the project says")
    )
    parser.add_argument(
        "--into", default="states", metavar="FOLDER", help=tr("where the files are written (%(default)s)")
    )
    parser.add_argument(
        "--python", default=sys.executable, metavar="PATH", help=tr("what imports them, if not this Python")
    )
    parser.add_argument("--seconds", type=float, default=SECONDS, metavar="N", help=tr("for one commit (%(default)g)"))


def run(given: argparse.Namespace, _token: CancellationToken) -> int:
    """Write them."""
    module, _, base = (given.models or project().schema).partition(":")
    models = Models(Path(given.folder), module, base or "metadata")
    return write_states(states(models, given.seconds, given.python), Path(given.into))


def write_states(found: Iterable[State | Unread], into: Path) -> int:
    """Write a file a state, numbered in their order, and say what could not be read.

    Returns:
        0, or 1 where the models of a commit could not be read.

    Raises:
        UsageError: The folder has files already.
        FailedError: The models of no commit could be read.
    """
    if into.is_dir() and any(into.iterdir()):
        raise UsageError(tr("{into} has files already", into=into), tr("Name another folder, or empty it"))
    number, unread = 0, 0
    for each in found:
        if isinstance(each, Unread):
            unread += 1
            say(
                tr(
                    "Not read: {commit} of {committed}: {why}",
                    commit=each.commit,
                    committed=each.committed[:10],
                    why=each.why,
                ),
                sys.stderr,
            )
            continue
        number += 1
        file = into / f"{number:02d}-{each.committed[:10]}-{each.commit}.json"
        try:
            into.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(each.document, indent=1, ensure_ascii=False) + "\n", "utf-8")
        except OSError as error:
            what = tr("{file} cannot be written: {why}", file=file, why=why(error))
            raise UsageError(what, tr("Name another folder: --into=FOLDER")) from None
        say(tr("Written: {file}", file=file))
    if not number:
        raise FailedError(
            tr("the models of no commit could be read"), tr("Name the application's own Python: --python=PATH")
        )
    return 1 if unread else 0
