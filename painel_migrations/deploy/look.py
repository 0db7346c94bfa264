"""`status` and `verify`: where a database is, and whether it is what head says. Nothing is written."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from painel_migrations.connection.interrupts import Breaker
from painel_migrations.connection.reach import reached
from painel_migrations.deploy.bookkeeping import refuse_impostors, versions_of
from painel_migrations.deploy.configuration import configuration
from painel_migrations.deploy.history_lines import edited_findings
from painel_migrations.deploy.preflight import refuse_foreign_database, wrong_book
from painel_migrations.discretion import discreet
from painel_migrations.settings import read_settings
from painel_migrations.terminal import as_json, say, show

if TYPE_CHECKING:
    from painel_migrations.catalog import Finding

MEND = "make repair (PLAN=1 only shows what it would do)"


def status(breaker: Breaker | None = None) -> int:
    """Print the database's revision and what is pending. Returns 0; errors: PainelError."""
    settings = read_settings()
    script = ScriptDirectory.from_config(configuration())
    with reached(settings, read_only=True, breaker=breaker) as way_in:
        connection = way_in.connection
        migration = versions_of(connection)
        refuse_foreign_database(connection, migration, script)
        at = migration.get_current_revision()
    pending = [revision for revision in script.walk_revisions(at or "base", "head") if revision.revision != at]
    say(f"Database: {way_in.candidate}")
    say(f"At: {at or 'no revision'}{' (head)' if not pending else ''}")
    for revision in reversed(pending):
        say(f"Pending: {revision.revision}  {revision.doc}")
    if pending:
        say("Next: make upgrade")
    return 0


def verify(breaker: Breaker | None = None, in_json: bool = False) -> int:
    """Compare the catalogue with head and print what differs. Returns 0 where it is equal, 1 where it drifted.

    Arguments: ``breaker``, which ends it where the user does; ``in_json``, for one JSON document in place of lines.
    """
    from painel_migrations.catalog import Severity, fingerprint, read
    from painel_migrations.catalog import verify as findings_of

    settings = read_settings()
    with reached(settings, read_only=True, breaker=breaker) as way_in:
        connection = way_in.connection
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
            "database": str(way_in.candidate),
            "fingerprint": state,
            "revision": ", ".join(at or ()) or None,
            "equal": not failed,
            "findings": [finding.as_dict() for finding in findings],
        }
        show(as_json(document, indent=2))
        return 1 if failed else 0
    say(f"Database: {way_in.candidate}")
    print_findings(findings)
    say(f"Fingerprint: {state}")
    if failed:
        say(f"Drifted: {counted(failed, 'difference')}", sys.stderr)
        say(f"Next: make status; where nothing is pending, {MEND}, or what is said above", sys.stderr)
        return 1
    say("Equal to head")
    return 0


def print_findings(findings: Iterable[Finding]) -> None:
    """Print what differs, why it matters, and what mends it: a few lines each."""
    for finding in findings:
        say(f"{finding.severity}  {finding.kind} {_flat(finding.object)}: {finding.why}")
        say(f"      expected: {_flat(discreet(finding.expected))}")
        say(f"      found:    {_flat(discreet(finding.found))}")
        if finding.run:
            say(f"      mend:     {_flat(finding.run)}")


def _flat(text: str) -> str:
    """Return a definition as one line: JSON has it as it is."""
    return " ".join(text.splitlines())


def counted(number: int, word: str) -> str:
    """Return a number of things in words."""
    return f"{number} {word}{'s' * (number != 1)}"


def _revision_findings(at: tuple[str, ...]) -> list[Finding]:
    """Return what is wrong with alembic_version where the catalogue is head's: the next run goes by what it says."""
    from painel_migrations.catalog import Finding, Severity

    script = ScriptDirectory.from_config(configuration())
    head = script.get_current_head() or "base"
    if at == (head,):
        return []
    run = "make upgrade, which changes nothing that is right"
    if len(at) > 1 and (wrong := wrong_book(at, script)):
        run = wrong[1]
    elif wrong_book(at, script):
        run = f"update this repository; if no copy of it is newer: UPDATE alembic_version SET version_num = '{head}'"
    why = "The catalogue is head's, and alembic_version does not say so: a run would go by what it says."
    return [Finding("revision", "alembic_version", head, ", ".join(at) or "nothing", Severity.FAIL, why, run)]


def _revisions(connection: sa.Connection) -> tuple[str, ...] | None:
    """Return what alembic_version says; None where it may not be read, or is not Alembic's."""
    try:
        with connection.begin_nested():
            return tuple(sorted(versions_of(connection).get_current_heads()))
    except (sa.exc.ProgrammingError, sa.exc.OperationalError):
        return None
