"""`repair`: the whole history once more, on the database as it is, where that mends what differs from head."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.backup.before import before_run
from homecoming.backup_settings import AUTO, MODES
from homecoming.catalog.printed import print_findings
from homecoming.connection.engines import check_sqlite_file
from homecoming.connection.failures import meaning
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import NOT_IN_TIME, lock_run
from homecoming.history.bookkeeping import versions_of
from homecoming.history.configuration import configuration
from homecoming.language import tr, trn
from homecoming.logs import get_logger
from homecoming.monitoring.runs import recorded
from homecoming.preflight.issue import Issue
from homecoming.preflight.preflight import refuse_foreign_database
from homecoming.rehearsal import plan
from homecoming.run.attempts import run_to, until_through
from homecoming.run.check import to_repair
from homecoming.run.environment import Outcome, UnmendedError
from homecoming.run.reported import reported_run
from homecoming.settings import Settings, read_settings
from homecoming.terminal import say

if TYPE_CHECKING:
    from homecoming.catalog import Finding

log = get_logger("deploy")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument(
        "--plan", action="store_true", help=tr("say what it would do and what would be left; do nothing")
    )
    parser.add_argument(
        "--backup", choices=MODES, help=tr("whether a backup is made first (MIGRATION_BACKUP, else auto)")
    )


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Mend what drifted, or say what that would do."""
    with recorded(given.afterwards):
        return repair(given.plan, token, given.backup)


def repair(only_plan: bool = False, token: CancellationToken | None = None, backup: str | None = None) -> int:
    """Show what differs and what going through the history again would do; then do it, where it mends something.

    Arguments: ``only_plan``, to show it and change nothing; ``token``, which ends it where the user does;
    ``backup``, whether one is made before it: auto, require, off; None where the settings say so.
    Returns 0 where nothing differs (any more, or would), 1 where something does; errors: HomecomingError.
    """
    settings = read_settings()
    token = token or CancellationToken()
    if settings.database_url.get_backend_name() == "sqlite":
        check_sqlite_file(settings.database_url, read_only=True)
    if only_plan:
        outcome = _rehearsed(settings, token)
        plan.try_to_write(settings)
    else:
        outcome = until_through(lambda: _rehearsed(settings, token), settings, token)
    if not outcome.found:
        return 0
    if outcome.is_known and not outcome.mends:
        return _tell_unmended(outcome)
    if only_plan:
        if outcome.is_known:
            _tell_left(outcome.left, tr("Would be left"))
        say(tr("Next: make repair"))
        return 1 if outcome.left else 0
    return _applied(settings, token, backup or settings.backup.mode or AUTO)


def _rehearsed(settings: Settings, token: CancellationToken) -> Outcome:
    """Print the findings, what is in the way, and what a rehearsal does about them; return what came of it."""
    with plan.place(settings, token) as (connection, surroundings):
        try:
            return _looked_and_rehearsed(connection, surroundings, settings)
        except sa.exc.SQLAlchemyError as error:
            if getattr(getattr(error, "orig", None), "pgcode", None) == NOT_IN_TIME:
                # Who holds it is asked where it was reached.
                raise
            connection.rollback()
            raise meaning(error, connection=connection) from error


def _looked_and_rehearsed(connection: sa.Connection, surroundings: list[Issue], settings: Settings) -> Outcome:
    # Looking reads rows too: a table that somebody holds is waited for no longer than by the rehearsal.
    lock_run(connection, replace(settings, lock_wait=settings.lock_timeout))
    script = ScriptDirectory.from_config(configuration())
    migration = versions_of(connection)
    refuse_foreign_database(connection, migration, script, whatever_revision=True)
    found = to_repair(connection)
    at, head = migration.get_current_heads(), script.get_current_head() or "base"
    say(tr("At: {at}", at=at[0] if at else tr("no revision")))
    if not found:
        say(tr("Equal to head: nothing to repair"))
        if at != (head,):
            say(tr("Next: make upgrade"))
        return Outcome(head, 0, verified=True)
    say(tr("Drifted: {differences}", differences=_differences(len(found))))
    print_findings(found)
    plan.print_issues([*surroundings, *plan.find_issues(connection)])
    outcome, seconds = plan.print_rehearsal(connection, "repair", "head", settings)
    if outcome is None:
        # The run itself judges, too, and is rolled back where it mends nothing.
        return Outcome(head, 0, found=found, left=found, is_known=False)
    if outcome.mends:
        said = tr(
            "Rehearsed in {seconds:.1f} s: it mends {mended} of {found}. Nothing was changed yet",
            seconds=seconds,
            mended=outcome.mended,
            found=len(outcome.found),
        )
        say(said)
    return outcome


def _differences(number: int) -> str:
    return trn("{n} difference", "{n} differences", number)


def _applied(settings: Settings, token: CancellationToken, mode: str) -> int:
    began = time.monotonic()
    with reported_run("repair", "upgrade", "head") as report:
        try:
            with before_run(settings, None, mode, token) as saved:
                outcome = run_to("repair", "head", settings, way="repair", token=token, saved=saved)
        except UnmendedError as error:
            # Somebody changed the database since the plan.
            report.exit_code = error.exit_code
            return _tell_unmended(error.outcome)
        report.revision, report.revisions, report.exit_code = outcome.revision, outcome.steps, 1 if outcome.left else 0
    if not outcome.steps:
        why = (
            tr("the answer to the commit was lost, and it had arrived")
            if outcome.found_after_loss
            else tr("since the plan")
        )
        log.info("Equal to head: nothing left to repair (%s)", why)
        return 0
    of = tr("{mended} of {found}", mended=outcome.mended, found=_differences(len(outcome.found)))
    log.info("Repaired: %s, at %s, %.1f s", of, outcome.revision, time.monotonic() - began)
    _tell_left(outcome.left, tr("Left"))
    return 1 if outcome.left else 0


def _tell_left(left: Sequence[Finding], how: str) -> None:
    if left:
        say(tr("{how}: {left}, to be mended as said here", how=how, left=_differences(len(left))))
        print_findings(left)


def _tell_unmended(outcome: Outcome) -> int:
    """Print what stays, and what a run would have brought besides. Returns the exit code."""
    say(tr("Not repaired: the history mends none of it, or not without another difference. Nothing was changed"))
    _tell_left(outcome.found, tr("Left"))
    if outcome.brought:
        say(tr("What it would bring:"))
        print_findings(outcome.brought)
    return 1
