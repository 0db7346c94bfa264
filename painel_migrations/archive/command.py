"""The verbs `archive` and `archive-undo`: what lies about, moved into the archive on demand, and back."""

from __future__ import annotations

import io
import shlex
import shutil
import sys

from painel_migrations.archive import git, moving, register, tree, undo
from painel_migrations.archive.judge import NOT_ONE, Found
from painel_migrations.archive.survey import Survey, folder_of, take
from painel_migrations.archive.tree import ARCHIVE
from painel_migrations.logs import get_logger
from painel_migrations.terminal import printable

logger = get_logger(__name__)


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
        logger.info("%s", line)
    if not apply:
        if survey.moving:
            logger.info("Nothing was changed. APPLY=1 moves them (painel archive --apply)")
        return 0
    plan = moving.move(survey, own, repository, redact)
    if plan is not None:
        _say_moved(survey, plan, repository)
    return 0


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
        logger.info("Nothing to undo: no run moved files here, or all were taken back")
        return 0
    with undo.Lock(state):
        problems = undo.check(last, source)
        if problems:
            raise undo.refuse(problems)
        count = undo.take_back(last, source, repository, prefix)
    logger.info("%s back where they were; the register and the README are as before", _files(count))
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
    looked = f"{_files(survey.looked_at)} looked at" + f" (left alone: {alone})" * bool(alone)
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
        logger.info("%s -> %s%s", printable(move.source), printable(move.target), " (redacted)" * bool(move.kept))
    logger.info("%s moved; the register and the README of %s/ say which", _files(len(plan.moves)), ARCHIVE)
    if any(move.kept for move in plan.moves):
        logger.info(
            "The originals of the redacted files are in %s, for make archive-undo: remove that folder once nothing has "
            "to come back%s",
            plan.place,
            "; git's history has them still" if repository else "",
        )
    source = shlex.quote(str(survey.source))
    # The application's repository is another one than that of the folder in which `make archive` is called.
    keep = f"; to keep it: git -C {source} add archive && git -C {source} commit" if repository else ""
    logger.info("Back: make archive-undo SRC=%s%s", source, keep)


def _files(count: int) -> str:
    return f"{count} file" + "s" * (count != 1)


def _scripts(count: int) -> str:
    return f"{count} one-off script" + "s" * (count != 1)
