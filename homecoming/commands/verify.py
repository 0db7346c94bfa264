"""`verify`: whether a database is what head says. Nothing is written."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming.catalog.printed import print_findings
from homecoming.commands import add_format
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import Timeouts
from homecoming.connection.reach import reached
from homecoming.history.bookkeeping import refuse_impostors, versions_of
from homecoming.history.configuration import configuration
from homecoming.history.lines import edited_findings
from homecoming.language import tr, trn
from homecoming.preflight.preflight import wrong_book
from homecoming.settings import read_settings
from homecoming.terminal import as_json, say, show

if TYPE_CHECKING:
    from homecoming.catalog import Finding

FIX = tr("make repair (PLAN=1 only shows what it would do)")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    add_format(parser)


def run(given: argparse.Namespace, token: CancellationToken) -> int:
    """Compare the database with head."""
    return verify(token, given.format == "json")


def verify(token: CancellationToken | None = None, in_json: bool = False) -> int:
    """Compare the catalogue with head and print what differs. Returns 0 where it is equal, 1 where it drifted.

    Arguments: ``token``, which ends it where the user does; ``in_json``, for one JSON document in place of lines.
    """
    from homecoming.catalog import Severity, fingerprint, read
    from homecoming.catalog import verify as findings_of

    settings = read_settings()
    # It holds up nobody: it waits for a table as long as for a run, which may be what holds it.
    timeouts = Timeouts(settings.statement_timeout, settings.lock_wait or 0.001)
    with reached(settings, read_only=True, token=token, timeouts=timeouts) as endpoint:
        connection = endpoint.connection
        refuse_impostors(connection)
        live = read(connection)
        findings = findings_of(connection, live, references=True)
        state = fingerprint(live)
        findings += edited_findings(connection)
        at = _revisions(connection)
    if at is not None and not any(finding.severity is Severity.FAIL for finding in findings):
        findings += _revision_findings(at)
    failed = sum(finding.severity is Severity.FAIL for finding in findings)
    if in_json:
        document = {
            "database": str(endpoint.candidate),
            "fingerprint": state,
            "revision": ", ".join(at or ()) or None,
            "equal": not failed,
            "findings": [finding.as_dict() for finding in findings],
        }
        show(as_json(document, indent=2))
        return 1 if failed else 0
    say(tr("Database: {database}", database=endpoint.candidate))
    print_findings(findings)
    say(tr("Fingerprint: {state}", state=state))
    if failed:
        say(tr("Drifted: {differences}", differences=trn("{n} difference", "{n} differences", failed)), sys.stderr)
        say(tr("Next: make status; where nothing is pending, {mend}, or what is said above", mend=FIX), sys.stderr)
        return 1
    say(tr("Equal to head"))
    return 0


def _revision_findings(at: tuple[str, ...]) -> list[Finding]:
    """Return what is wrong with alembic_version where the catalogue is head's: the next run goes by what it says."""
    from homecoming.catalog import Finding, Severity

    script = ScriptDirectory.from_config(configuration())
    head = script.get_current_head() or "base"
    if at == (head,):
        return []
    run: str = tr("make upgrade, which changes nothing that is right")
    if len(at) > 1 and (wrong := wrong_book(at, script)):
        run = wrong[1]
    elif wrong_book(at, script):
        run = tr(
            "update this repository; if no copy of it is newer: UPDATE alembic_version SET version_num = '{head}'",
            head=head,
        )
    why = tr("The catalogue is head's, and alembic_version does not say so: a run would go by what it says.")
    return [Finding("revision", "alembic_version", head, ", ".join(at) or tr("nothing"), Severity.FAIL, why, run)]


def _revisions(connection: sa.Connection) -> tuple[str, ...] | None:
    """Return what alembic_version says; None where it may not be read, or is not Alembic's."""
    try:
        with connection.begin_nested():
            return tuple(sorted(versions_of(connection).get_current_heads()))
    except (sa.exc.ProgrammingError, sa.exc.OperationalError):
        return None
