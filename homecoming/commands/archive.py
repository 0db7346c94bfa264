"""`archive`: the one-off scripts that lie about, moved into the archive on demand."""

from __future__ import annotations

import argparse
import io
import shlex
import shutil
import sys

from homecoming.archive import git, moving, register, tree, undo
from homecoming.archive.judge import NOT_ONE, Found
from homecoming.archive.survey import Survey, folder_of, take
from homecoming.archive.tree import ARCHIVE
from homecoming.connection.interrupts import Breaker
from homecoming.logs import get_logger
from homecoming.project import project
from homecoming.terminal import printable

log = get_logger("archive")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("source", nargs="?", default=".", metavar="SRC", help="the application's folder (this one)")
    parser.add_argument("--apply", action="store_true", help="move them; without it nothing is changed")
    parser.add_argument("--redact", action="store_true", help="with --apply, take credentials out of what moves")


def run(given: argparse.Namespace, _breaker: Breaker) -> int:
    """Say which one-off scripts there are, and move them where that is asked for."""
    return archive(given.source, given.apply, given.redact)


def archive(given: str, apply: bool, redact: bool) -> int:
    """Print a verdict for each one-off script below a folder, and move them into its archive where that is asked for.

    Arguments: ``given``, the application's folder; ``apply``, whether to move; ``redact``, whether to take credentials
    out of what moves. Errors: UsageError, Refused, LockedError, FailedError; docs/archive.md.
    """
    source = folder_of(given)
    top = git.top_of(source)
    repository = None
    if top is not None and (apply or shutil.which("git")):
        repository = git.Repository(top)
    known = register.load(register.shipped())
    place = tree.within(source, f"{ARCHIVE}/{register.NAME}")
    own = register.load(place)
    same = place.exists() and place.samefile(register.shipped())
    survey = take(source, known, () if same else own, repository)
    for line in report(survey, _width()):
        log.info("%s", line)
    if not apply:
        if survey.moving:
            log.info("Nothing was changed. APPLY=1 moves them (%s archive --apply)", project().command)
        return 0
    plan = moving.move(survey, own, repository, redact)
    if plan is not None:
        _say_moved(survey, plan, repository)
    return 0


def report(survey: Survey, width: int) -> list[str]:
    """Return what a survey found, as lines: the table, the credentials by file and line, and the sum.

    Arguments: ``width``, of the terminal in characters; 0 for no limit, where a program reads.
    """
    lines = _table(survey.found, width) if survey.found else []
    secrets = [(found, secret) for found in survey.found for secret in found.secrets]
    if secrets:
        lines += ["", "Credentials, by file and line:"]
        lines += [f"  {printable(found.path)}:{secret.line} {secret.what}" for found, secret in secrets]
        lines += [
            "Rotate every one of them where it is used: whoever could read this folder or its history has them, moved,",
            "redacted or deleted.",
        ]
    lines += [""] * bool(lines) + [f"Left alone: {note}" for note in survey.notes]
    alone = ", ".join(f"{count} {reason}" for reason, count in sorted(survey.alone.items()))
    looked = f"{counted_files(survey.looked_at)} looked at" + f" (left alone: {alone})" * bool(alone)
    staying = sum(found.verdict != NOT_ONE for found in survey.found) - len(survey.moving)
    if survey.moving:
        lines.append(f"{looked}: {_scripts(len(survey.moving))} to move, {staying} to stay")
    elif staying:
        lines.append(f"Nothing to do: {looked}, {_scripts(staying)} found, which stay")
    else:
        lines.append(f"Nothing to do: {looked}, no one-off script among them")
    return lines


def _table(found: list[Found], width: int) -> list[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="", padding=(0, 2, 0, 0))
    for column in ("file", "verdict", "why", "secrets"):
        table.add_column(column, overflow="fold", no_wrap=width == 0)
    for row in found:
        why = row.why + f"; stays: {row.left}" * bool(row.left)
        numbers = ", ".join(dict.fromkeys(str(secret.line) for secret in row.secrets))
        secrets = f"line {numbers}" if numbers else ""
        table.add_row(*(Text(printable(cell)) for cell in (row.path, row.verdict, why, secrets)))
    page = io.StringIO()
    Console(file=page, width=width or 10_000, color_system=None, legacy_windows=False).print(table)
    return [line.rstrip() for line in page.getvalue().splitlines()]


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def _say_moved(survey: Survey, plan: undo.Undo, repository: git.Repository | None) -> None:
    for move in plan.moves:
        log.info("%s -> %s%s", printable(move.source), printable(move.target), " (redacted)" * bool(move.kept))
    log.info("%s moved; the register and the README of %s/ say which", counted_files(len(plan.moves)), ARCHIVE)
    if any(move.kept for move in plan.moves):
        log.info(
            "The originals of the redacted files are in %s, for make archive-undo: remove that folder once nothing has "
            "to come back%s",
            plan.place,
            "; git's history has them still" if repository else "",
        )
    source = shlex.quote(str(survey.source))
    # The application's repository is another one than that of the folder in which `make archive` is called.
    keep = f"; to keep it: git -C {source} add archive && git -C {source} commit" if repository else ""
    log.info("Back: make archive-undo SRC=%s%s", source, keep)


def counted_files(count: int) -> str:
    """Return a number of files in words."""
    return f"{count} file" + "s" * (count != 1)


def _scripts(count: int) -> str:
    return f"{count} one-off script" + "s" * (count != 1)
