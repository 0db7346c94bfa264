"""`archive`: the one-off scripts that lie about, moved into the archive on demand."""

from __future__ import annotations

import argparse
import io
import shlex
import shutil
import sys

from homecoming.archive import git, inventory, moving, tree, undo
from homecoming.archive.judge import NOT_ONE, Found
from homecoming.archive.survey import Survey, folder_of, take
from homecoming.archive.tree import ARCHIVE
from homecoming.connection.interrupts import CancellationToken
from homecoming.language import joined, localized, mark, tr, trn
from homecoming.logs import get_logger
from homecoming.project import project
from homecoming.terminal import printable

log = get_logger("archive")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("source", nargs="?", default=".", metavar="SRC", help=tr("the application's folder (this one)"))
    parser.add_argument("--apply", action="store_true", help=tr("move them; without it nothing is changed"))
    parser.add_argument("--redact", action="store_true", help=tr("with --apply, take credentials out of what moves"))


def run(given: argparse.Namespace, _token: CancellationToken) -> int:
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
    known = inventory.load(inventory.shipped())
    place = tree.within(source, f"{ARCHIVE}/{inventory.NAME}")
    own = inventory.load(place)
    same = place.exists() and place.samefile(inventory.shipped())
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
        lines += ["", tr("Credentials, by file and line:")]
        lines += [f"  {printable(found.path)}:{secret.line} {localized(secret.what)}" for found, secret in secrets]
        lines += [
            tr("Rotate every one of them where it is used: whoever could read this folder or its history has them,"),
            tr("moved, redacted or deleted."),
        ]
    lines += [""] * bool(lines) + [tr("Left alone: {note}", note=note) for note in survey.notes]
    alone = joined(
        ", ", (tr("{count} {reason}", count=count, reason=why) for why, count in sorted(survey.alone.items()))
    )
    looked = trn("{n} file looked at", "{n} files looked at", survey.looked_at)
    looked = tr("{looked} (left alone: {alone})", looked=looked, alone=alone) if alone else looked
    staying = sum(found.verdict != NOT_ONE for found in survey.found) - len(survey.moving)
    if survey.moving:
        scripts = trn("{n} one-off script", "{n} one-off scripts", len(survey.moving))
        lines.append(
            tr("{looked}: {scripts} to move, {staying} to stay", looked=looked, scripts=scripts, staying=staying)
        )
    elif staying:
        lines.append(
            trn(
                "Nothing to do: {looked}, {n} one-off script found, which stay",
                "Nothing to do: {looked}, {n} one-off scripts found, which stay",
                staying,
                looked=looked,
            )
        )
    else:
        lines.append(tr("Nothing to do: {looked}, no one-off script among them", looked=looked))
    return lines


def _table(found: list[Found], width: int) -> list[str]:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="", padding=(0, 2, 0, 0))
    for column in (tr("file"), tr("verdict"), tr("why"), tr("secrets")):
        table.add_column(localized(column), overflow="fold", no_wrap=width == 0)
    for row in found:
        why = tr("{why}; stays: {reason}", why=row.why, reason=row.left) if row.left else row.why
        numbers = ", ".join(dict.fromkeys(str(secret.line) for secret in row.secrets))
        secrets = tr("line {numbers}", numbers=numbers) if numbers else ""
        table.add_row(*(Text(printable(localized(cell))) for cell in (row.path, row.verdict, why, secrets)))
    page = io.StringIO()
    Console(file=page, width=width or 10_000, color_system=None, legacy_windows=False).print(table)
    return [line.rstrip() for line in page.getvalue().splitlines()]


def _width() -> int:
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def _say_moved(survey: Survey, plan: undo.Undo, repository: git.Repository | None) -> None:
    for move in plan.moves:
        line = mark("%s -> %s (redacted)") if move.kept else "%s -> %s"
        log.info(line, printable(move.source), printable(move.target))
    moved = trn("{n} file moved", "{n} files moved", len(plan.moves))
    log.info("%s; the register and the README of %s/ say which", moved, ARCHIVE)
    if any(move.kept for move in plan.moves):
        line = mark(
            "The originals of the redacted files are in %s, for make archive-undo: remove that folder once nothing has"
            " to come back"
        )
        if repository:
            line = mark(
                "The originals of the redacted files are in %s, for make archive-undo: remove that folder once nothing"
                " has to come back; git's history has them still"
            )
        log.info(line, plan.place)
    source = shlex.quote(str(survey.source))
    # The application's repository is another one than that of the folder in which `make archive` is called.
    if repository:
        line = mark("Back: make archive-undo SRC=%s; to keep it: git -C %s add archive && git -C %s commit")
        log.info(line, source, source, source)
    else:
        log.info("Back: make archive-undo SRC=%s", source)
