"""The command line: one verb a task (``commands/``), and how each one ends."""

from __future__ import annotations

import argparse
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack

from homecoming.arguments import speaking
from homecoming.connection.interrupts import CancellationToken, Interrupted, interruptible
from homecoming.errors import FailedError, HomecomingError, UsageError, unexpected
from homecoming.events import run_named
from homecoming.extras import MissingExtraError, need, need_for
from homecoming.language import Message, tr, use
from homecoming.logs import log_json, log_lines, say_error
from homecoming.parser import Run, build_parser
from homecoming.settings import LOG, read_colours, read_language, read_log_style
from homecoming.terminal import close_output, colour, open_streams, say


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb. Returns the exit code: docs/commands.md says what each means."""
    open_streams()
    try:
        colour(read_colours())
        use(read_language())
        with speaking():
            given = build_parser().parse_args(arguments)
    except UsageError as error:
        say_error(error, "text")
        return error.exit_code
    code = _main(given)
    lost = _unwritten()
    # What a run did stays done, whoever could read about it.
    return code if lost is None or code or given.changes else lost.exit_code


def _main(given: argparse.Namespace) -> int:
    token = CancellationToken()
    with run_named(), ExitStack() as given.afterwards:
        try:
            code = _ran(given, token)
            # Ctrl-C ends this too, a webhook that is slow for example.
            with interruptible(token):
                given.afterwards.close()
            return code
        except Interrupted as interrupt:
            return interrupt.exit_code


def _ran(given: argparse.Namespace, token: CancellationToken) -> int:
    """Run a verb, and say how it ended where it failed. Errors: Interrupted."""
    style = "text"
    try:
        style = read_log_style()
        if style == "json":
            style = _json_or_text()
        (log_json if style == "json" else log_lines)(sys.stderr if given.document else None)
        need_for(given.verb, getattr(given, "format", None))
        with interruptible(token):
            run: Run = given.run
            return run(given, token)
    except HomecomingError as error:
        return _ended(error, error.__cause__ or error.__context__ or error, given.verbose, style)
    except BrokenPipeError as error:
        # Of a report: a log goes on without its reader. A repair may have been committed before.
        told = FailedError(
            tr("whoever read the output went away"), tr("See how far it came: make status, make history")
        )
        return _ended(told, error, given.verbose, style)
    except Exception as error:
        return _ended(_as_ours(error), error, given.verbose, style)


def _json_or_text() -> str:
    """How to log where JSON was asked for: lines of text, and one that says so, where nothing here writes JSON."""
    try:
        need("logs", f"{LOG}=json")
    except MissingExtraError as error:
        # What a run says of itself is no reason not to run.
        say(tr("Warning: {what}; lines of text instead. Next: {todo}", what=error.what, todo=error.todo), sys.stderr)
        return "text"
    return "json"


def _as_ours(error: Exception) -> HomecomingError:
    """What Alembic, a driver or a defect raised, as an error of ours."""
    import sqlalchemy as sa
    from alembic.util.exc import CommandError

    from homecoming.connection.failures import meaning

    if isinstance(error, CommandError):
        return UsageError(_of_alembic(error), tr("See the revisions: .venv/bin/alembic history"))
    if isinstance(error, sa.exc.SQLAlchemyError):
        return meaning(error)
    if isinstance(error, UnicodeEncodeError):
        # Of a file's name in a locale without its letters, in a Python whose UTF-8 mode somebody switched off.
        encoding = sys.getfilesystemencoding()
        return UsageError(
            tr("a name cannot be written in this locale's encoding, {encoding}", encoding=encoding),
            tr("Set PYTHONUTF8=1"),
        )
    return unexpected(error, tr("Nothing was changed. Run again with --verbose, and report it"))


def _of_alembic(error: Exception) -> str:
    """Return what Alembic says, in one line: a message, where we have said it or know it."""
    from homecoming.run.steps import unknown_revision

    said = next(iter(error.args), None)
    if isinstance(said, Message):
        return said
    line = str(error).splitlines()[0]
    unknown = re.fullmatch(r"Can't locate revision identified by '(.*)'", line)
    return unknown_revision(unknown[1]) if unknown else line


def _ended(error: HomecomingError, raised: BaseException, verbose: bool, style: str) -> int:
    if verbose:
        # Places, not values: a driver's own text may quote a row.
        for line in traceback.format_tb(raised.__traceback__):
            for part in line.rstrip("\n").splitlines():
                say(part, sys.stderr)
    say_error(error, style)
    return error.exit_code


def _unwritten() -> UsageError | None:
    """Write what is still unwritten; where it cannot be, say so, here and not in the interpreter's last words."""
    try:
        close_output()
    except UsageError as error:
        say_error(error, "text")
        return error
    return None
