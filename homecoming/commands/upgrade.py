"""`upgrade`: the database at the newest schema, or what that would do."""

from __future__ import annotations

import argparse
import time

from alembic.script import ScriptDirectory

from homecoming.backup.before import before_run, say_way_back
from homecoming.backup_settings import AUTO, MODES, OFF
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.reach import UnreachableError
from homecoming.console.manual import write_scripts
from homecoming.errors import WILL_NOT_PASS, LostError, NoConnectionError
from homecoming.history.configuration import configuration
from homecoming.language import mark, tr, trn
from homecoming.logs import get_logger
from homecoming.monitoring.runs import recorded
from homecoming.prepare.prepare import prepare, prepared
from homecoming.rehearsal.plan import plan
from homecoming.run.attempts import run_to
from homecoming.run.reported import reported_run
from homecoming.settings import read_settings

log = get_logger("deploy")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("revision", nargs="?", default="head", metavar="REV")
    parser.add_argument(
        "--plan", action="store_true", help=tr("say what it would do and what is in its way; do nothing")
    )
    parser.add_argument(
        "--prepare", action="store_true", help=tr("only make ahead what it will need; nobody waits for that")
    )
    parser.add_argument(
        "--backup", choices=MODES, help=tr("whether a backup is made first (MIGRATION_BACKUP, else auto)")
    )


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Bring the database to the revision, or say what that would do."""
    if given.plan:
        return plan("upgrade", given.revision, token)
    if given.prepare:
        return _prepare(token)
    with recorded(given.afterwards):
        return run_command("upgrade", given.revision, token, given.backup)


def run_command(direction: str, revision: str, token: CancellationToken, backup: str | None = OFF) -> int:
    """Bring the configured database to a revision, and say how far it came.

    Args:
        direction: upgrade or downgrade.
        revision: Where to.
        token: Ends the run where the user does.
        backup: Whether one is made before it: auto, require, off; None where the settings say so.

    Returns:
        The exit code.

    Raises:
        HomecomingError: It did not get there.
    """
    settings = read_settings()
    _look_up(revision)
    began = time.monotonic()
    with reported_run("command", direction, revision) as report:
        try:
            with (
                before_run(settings, revision, backup or settings.backup.mode or AUTO, token) as saved,
                prepared(settings, revision if direction == "upgrade" else "", token) as ahead,
            ):
                outcome = run_to(direction, revision, settings, "command", token, saved, ahead)
        except (UnreachableError, LostError) as error:
            raise _unreachable(direction, revision, error, settings.attempts_left) from None
        report.revision, report.revisions = outcome.revision, outcome.steps
    if outcome.steps:
        steps = trn("{n} revision", "{n} revisions", outcome.steps)
        line = mark("Done: at %s after %s, %.1f s")
        if outcome.verified:
            line = mark("Done: at %s after %s, %.1f s; the schema is what the application needs")
        log.info(line, outcome.revision, steps, time.monotonic() - began)
        say_way_back(saved)
    elif outcome.found_after_loss:
        log.info("Done: at %s; the answer to the commit was lost, and the database was found there", outcome.revision)
    else:
        log.info("At %s: nothing to do", outcome.revision)
    return 0


def _prepare(token: CancellationToken) -> int:
    """Make ahead what an upgrade to head will need, of every table that holds rows."""
    settings = read_settings()
    ready = prepare(settings, 1, token)
    if ready:
        log.info("Made ahead: %d. Next: make upgrade; or make prepare-undo", ready)
    else:
        log.info("There is nothing to make ahead. Next: make upgrade")
    return 0


def _unreachable(
    direction: str, revision: str, error: UnreachableError | LostError, attempts_left: int | None
) -> NoConnectionError:
    """Return what to end with; the console's way is for the last attempt, and for what it is a way around."""
    if attempts_left is None:
        return write_scripts(direction, revision, error) if error.by_console else error
    if error.passes and attempts_left:
        return error
    code = error.exit_code if error.passes else WILL_NOT_PASS
    ended = write_scripts(direction, revision, error) if error.by_console else error
    # Of this one alone: to everybody else it is no connection.
    ended.exit_code = code
    return ended


def _look_up(revision: str) -> None:
    """Refuse a revision that is none before anything is waited for. Errors: Alembic's CommandError."""
    # One that is counted from where the database is, such as +1, has to wait for it.
    if revision.isalnum():
        ScriptDirectory.from_config(configuration()).get_revisions(revision)
