"""What an upgrade would find in a database it reached: its revision, what would refuse a run, who is at work, drift."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from homecoming.connection import locks
from homecoming.connection.failures import classify
from homecoming.doctor.step import State, Step, note, ok, refused
from homecoming.language import tr, trn

if TYPE_CHECKING:
    from homecoming.doctor.probe import Probe

UPGRADE = tr("make upgrade")
# Rows are looked at by the run itself: a report that read all of them would take as long.
REHEARSE = tr("make upgrade PLAN=1, which tries it on the rows as well; then make upgrade")
NOTHING = tr("Nothing to do")
COMPARE = tr("make verify")


def revision(probe: Probe) -> list[Step]:
    """Say where it is and how many revisions are pending; another application's database is refused."""
    from alembic.script import ScriptDirectory

    from homecoming.history.bookkeeping import tables_of, versions_of
    from homecoming.history.configuration import configuration
    from homecoming.preflight.preflight import refuse_foreign_database

    script = ScriptDirectory.from_config(configuration())
    with probe.looking() as connection:
        migration = versions_of(connection)
        refuse_foreign_database(connection, migration, script)
        at = migration.get_current_revision()
        empty = at is None and not tables_of(connection)
    probe.pending = [found.revision for found in script.walk_revisions(at or "base", "head") if found.revision != at]
    pending = len(probe.pending)
    probe.at_head = not pending
    probe.empty = empty
    if not pending:
        return [ok("revision", tr("at {at} (head)", at=at), NOTHING)]
    where = tr("no tables") if empty else tr("at {at}", at=at) if at else tr("no revision")
    said = trn("{where}; {n} revision pending", "{where}; {n} revisions pending", pending, where=where)
    return [ok("revision", said, UPGRADE if empty else REHEARSE)]


def preflight(probe: Probe) -> list[Step]:
    """Look for what would refuse a run, as the run does: version, standby, rights, owners; a file's folder and disk."""
    from homecoming.preflight.preflight import find_issues

    with probe.looking() as connection:
        found = find_issues(connection, probe.pending)
    steps = [
        refused("preflight", issue.what, issue.todo)
        if issue.refuses
        else note("preflight", tr("{what}. {todo}", what=issue.what, todo=issue.todo))
        for issue in found
    ]
    if steps:
        return steps
    if probe.pending and not probe.empty:
        return [ok("preflight", tr("nothing would refuse an upgrade; what rows hold is not looked at"))]
    return [ok("preflight", tr("nothing would refuse an upgrade"))]


def run_lock(probe: Probe) -> list[Step]:
    """Say who holds the lock of runs; whoever holds tables for long is the preflight's to name."""
    with probe.looking() as connection:
        found = locks.runs(connection)
    if not found:
        return [ok("runs", tr("none under way"))]
    return [
        note("runs", tr("one is under way: {holder}. If it hangs: {end}", holder=holder, end=holder.end))
        for holder in found
    ]


def drift(probe: Probe) -> list[Step]:
    """Compare the catalogue with head, where the database says it is there."""
    from homecoming.catalog import Severity, verify

    if not probe.at_head:
        return [Step("schema", State.LEFT, tr("not compared: it is not at head"))]
    try:
        with probe.looking() as connection:
            drifted = sum(finding.severity is Severity.FAIL for finding in verify(connection))
    except sa.exc.DBAPIError as error:
        failure, said = classify(error)
        if failure.name not in ("stopped", "lock"):
            raise
        return [note("schema", tr("not compared with head: {said}", said=said), COMPARE)]
    if drifted:
        return [
            note(
                "schema",
                trn("drifted: {n} difference from head", "drifted: {n} differences from head", drifted),
                COMPARE,
            )
        ]
    return [ok("schema", tr("equal to head"))]
