"""`sql-rollback`: the way back, to paste into the database's own console."""

from __future__ import annotations

import argparse

from homecoming import console
from homecoming.commands import sql
from homecoming.connection.interrupts import CancellationToken


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    sql.arguments(parser, "head", None)


def run(given: argparse.Namespace, _token: CancellationToken) -> int:
    """Print the script, or write it into a folder."""
    return console.sql_rollback(given.start, given.end, given.style, given.folder)
