"""`status` and `verify`: where a database is, and whether it is what head says. Nothing is written."""

from __future__ import annotations

import sys

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from painel_migrations.connection.engines import in_public
from painel_migrations.connection.interrupts import Breaker
from painel_migrations.connection.reach import reached
from painel_migrations.deploy.configuration import configuration
from painel_migrations.deploy.preflight import refuse_foreign_database
from painel_migrations.settings import read_settings


def status(breaker: Breaker | None = None) -> int:
    """Print the database's revision and what is pending. Returns 0; errors: PainelError."""
    settings = read_settings()
    script = ScriptDirectory.from_config(configuration())
    with reached(settings, read_only=True, breaker=breaker) as way_in:
        connection = way_in.connection
        in_public(connection)
        migration = MigrationContext.configure(connection)
        refuse_foreign_database(connection, migration, script)
        at = migration.get_current_revision()
    pending = [revision for revision in script.walk_revisions(at or "base", "head") if revision.revision != at]
    print(f"Database: {way_in.candidate}")
    print(f"At: {at or 'no revision'}{' (head)' if not pending else ''}")
    for revision in reversed(pending):
        print(f"Pending: {revision.revision}  {revision.doc}")
    if pending:
        print("Next: make upgrade")
    return 0


def verify(breaker: Breaker | None = None) -> int:
    """Compare the catalogue with head and print what differs. Returns 0 where it is equal, 1 where it drifted."""
    from painel_migrations.catalog import Severity, fingerprint, read
    from painel_migrations.catalog import verify as findings_of
    from painel_migrations.catalog.remedy import MEND

    settings = read_settings()
    with reached(settings, read_only=True, breaker=breaker) as way_in:
        connection = way_in.connection
        live = read(connection)
        findings = findings_of(connection, live)
        state = fingerprint(live)
    print(f"Database: {way_in.candidate}")
    failures = 0
    for finding in findings:
        failures += finding.severity is Severity.FAIL
        print(f"{finding.severity}  {finding.kind} {finding.object}: {finding.why}")
        print(f"      expected: {finding.expected}")
        print(f"      found:    {finding.found}")
        if finding.run:
            print(f"      mend:     {finding.run}")
    print(f"Fingerprint: {state}")
    if failures:
        print(f"Drifted: {failures} difference{'s' if failures > 1 else ''}", file=sys.stderr)
        # At head an upgrade does nothing: somebody stamped this database, or changed it since.
        way = "mend them as said above"
        if any(finding.run == MEND and finding.severity is Severity.FAIL for finding in findings):
            way = "go through the history again: .venv/bin/alembic stamp base, then make upgrade"
        print(f"Next: make status; where nothing is pending, {way}", file=sys.stderr)
        return 1
    print("Equal to head")
    return 0
