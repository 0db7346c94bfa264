"""The verbs of the command line, a file each: its options, and what it does. This is their list.

A file has `run(given, token)`, which returns the exit code, and where the verb takes anything `arguments(parser)`.
"""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Sequence
from types import ModuleType
from typing import NamedTuple

from homecoming.language import tr


class Command(NamedTuple):
    """A verb.

    Attributes:
        name: As it is typed.
        about: What it does, in a sentence.
        document: Whether its standard output is for a pipe, so that what is said on the way goes to standard error.
        changes: Whether its work is another than its output.
    """

    name: str
    about: str
    document: bool = False
    changes: bool = False

    def load(self) -> ModuleType:
        """Return its file, loaded: for help and an error of usage none is, so that they come at once."""
        return importlib.import_module(f"homecoming.commands.{self.name.replace('-', '_')}")


COMMANDS = (
    Command("upgrade", tr("bring the database to the newest schema, or to REV"), changes=True),
    Command("prepare-undo", tr("take away what was made ahead of an upgrade that does not come"), changes=True),
    Command("downgrade", tr("take it back to REV: what later revisions did to this database is undone"), changes=True),
    Command("repair", tr("go through the whole history again, where that mends what drifted"), changes=True),
    Command("status", tr("say where it is and what is pending")),
    Command("verify", tr("compare its catalogue with the schema; exit 1 if it drifted"), document=True),
    Command(
        "history",
        tr("show what was done to it, when, by whom; exit 1 if an applied revision was edited since"),
        document=True,
    ),
    Command("doctor", tr("say, step by step, why it cannot be reached, or what an upgrade would meet there")),
    Command("backup", tr("write everything in it into one file, with a manifest of what it holds"), changes=True),
    Command(
        "backup-verify",
        tr("restore a backup where nobody is, compare it, and note that it is proven; exit 1 if it is not"),
    ),
    Command("drill", tr("prove a backup, take the restored one to head and back, and say how long each took")),
    Command(
        "restore",
        tr("restore a backup beside what is there, compare it, then swap the names; what was there is kept"),
        changes=True,
    ),
    Command("retired", tr("list what migrations keep of what they retired: since when, rows, size"), document=True),
    Command("purge-retired", tr("delete the rows of what was retired long ago, for good"), changes=True),
    Command("health", tr("say whether it is healthy, and if not, what to do; exit 1 if it is not"), document=True),
    Command("metrics", tr("print what monitoring knows of it, for Prometheus"), document=True),
    Command("dashboard", tr("serve the status page on this machine, or write it into a file")),
    Command("sql", tr("print one SQL statement that does what upgrade does, to paste into a console")),
    Command("sql-prepare", tr("print one SELECT that tells what can be made ahead of that, while everybody works")),
    Command("sql-rollback", tr("print the way back to TO in the same form")),
    Command("sql-verify", tr("print one SELECT that judges the database it is pasted into")),
    Command("archive", tr("find one-off scripts in an application, and move them into its archive")),
    Command("archive-undo", tr("take the last move into the archive back")),
    Command(
        "check",
        tr("judge new revisions, and find a change of the schema without one; exit 1 where there is something to do"),
        document=True,
    ),
    Command("revision", tr("write the next revision from a change of the schema")),
    Command("states", tr("write every schema that the models ever had, out of the application's git history")),
)


EXAMPLES = {
    "upgrade": "--plan",
    "prepare-undo": "",
    "downgrade": "--plan 0017",
    "repair": "--plan",
    "status": "",
    "verify": "--format json",
    "history": "--format json",
    "doctor": "",
    "backup": "",
    "backup-verify": "",
    "drill": "",
    "restore": "--into painel_trial backups/painel.dump",
    "retired": "",
    "purge-retired": "--older-than 90d --confirm painel",
    "health": "--report",
    "metrics": "",
    "dashboard": "--static status.html",
    "sql": "--style escaped",
    "sql-prepare": "",
    "sql-rollback": "--to 0017",
    "sql-verify": "",
    "archive": "../application",
    "archive-undo": "../application",
    "check": "--from 0022 --format markdown",
    "revision": "-m 'Add a column'",
    "states": "--models app.models:Base ../application",
}
"""What may stand behind each verb, for its help."""


def add_format(parser: argparse.ArgumentParser, forms: Sequence[str] = ("text", "json")) -> None:
    """Add ``--format`` to a verb's parser."""
    parser.add_argument(
        "--format", choices=forms, default="text", help=tr("lines for people (%(default)s), or one document")
    )
