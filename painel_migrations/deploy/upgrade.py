"""`upgrade` and `downgrade`: the run from first to last line."""

from __future__ import annotations

import time

from alembic.script import ScriptDirectory

from painel_migrations.connection.interrupts import Breaker
from painel_migrations.connection.reach import UnreachableError
from painel_migrations.deploy.attempts import run_to
from painel_migrations.deploy.configuration import configuration
from painel_migrations.deploy.manual import write_scripts
from painel_migrations.deploy.told import run_told
from painel_migrations.errors import WILL_NOT_PASS, LostError, NoConnectionError
from painel_migrations.logs import get_logger
from painel_migrations.settings import read_settings

log = get_logger("painel_migrations.deploy")


def upgrade(revision: str, breaker: Breaker | None = None) -> int:
    """Bring the configured database to a revision.

    Arguments: ``revision``; ``breaker``, which ends the run where the user does.
    Returns the exit code; errors: PainelError.
    """
    return _run("upgrade", revision, breaker or Breaker())


def downgrade(revision: str, breaker: Breaker | None = None) -> int:
    """Take the configured database back to a revision; as ``upgrade``."""
    return _run("downgrade", revision, breaker or Breaker())


def _run(direction: str, revision: str, breaker: Breaker) -> int:
    settings = read_settings()
    _look_up(revision)
    began = time.monotonic()
    with run_told("command", direction, revision) as told:
        try:
            outcome = run_to(direction, revision, settings, way="command", breaker=breaker)
        except (UnreachableError, LostError) as error:
            raise _unreachable(direction, revision, error, settings.attempts_left) from None
        told.revision, told.revisions = outcome.revision, outcome.steps
    if outcome.steps:
        checked = "; the schema is what the application needs" if outcome.verified else ""
        steps = f"{outcome.steps} revision{'s' if outcome.steps > 1 else ''}"
        log.info("Done: at %s after %s, %.1f s%s", outcome.revision, steps, time.monotonic() - began, checked)
    elif outcome.found_after_loss:
        log.info("Done: at %s; the answer to the commit was lost, and the database was found there", outcome.revision)
    else:
        log.info("At %s: nothing to do", outcome.revision)
    return 0


def _unreachable(
    direction: str, revision: str, error: UnreachableError | LostError, attempts_left: int | None
) -> NoConnectionError:
    """Return what to end with; the console's way is for the last attempt, and for what it is a way around."""
    if attempts_left is None:
        return write_scripts(direction, revision, error)
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
