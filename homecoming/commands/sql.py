"""`sql`: one statement that does what upgrade does, to paste into the database's own console."""

from __future__ import annotations

import argparse

from homecoming import console
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import tr


def arguments(parser: argparse.ArgumentParser, start: str = "base", end: str | None = "head") -> None:
    """Add what the verb takes.

    Args:
        parser: The verb's.
        start: Where the script begins by itself.
        end: Where it leads by itself; None where that has to be said.
    """
    parser.add_argument("--from", dest="start", default=start, metavar="REV", help=tr("where it begins (%(default)s)"))
    parser.add_argument("--to", dest="end", default=end, required=end is None, metavar="REV", help=tr("where it leads"))
    parser.add_argument(
        "--style",
        default="block",
        metavar="STYLE",
        help=tr("block (default), or escaped for a console that splits at every semicolon"),
    )
    parser.add_argument("--split", dest="folder", metavar="FOLDER", help=tr("write a file a revision into FOLDER"))


def run(given: argparse.Namespace, _token: CancellationToken) -> int:
    """Print the script, or write it into a folder."""
    return console.sql(given.start, given.end, given.style, given.folder)
