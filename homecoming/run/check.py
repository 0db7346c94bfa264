"""What a run has to have reached before its commit, and what is said of the rest afterwards, when nobody waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from homecoming.connection.answers import event_triggers
from homecoming.errors import FailedError
from homecoming.history.lines import edited_findings
from homecoming.history.run_history import LEFT
from homecoming.history.words import kind_and_name
from homecoming.language import joined, tr
from homecoming.logs import get_logger

if TYPE_CHECKING:
    from collections.abc import Iterable

    from homecoming.catalog import Finding

log = get_logger("catalog")


class Left(NamedTuple):
    """What a run leaves: the revisions that alembic_version has, and the state of the known tables by one number.

    ``fingerprint`` is None where the run leaves no lines, or where the role may not do with a table as it likes.
    """

    at: tuple[str, ...]
    fingerprint: str | None = None


def left_by(migration: MigrationContext, has_lines: bool) -> Left:
    """Look what a run leaves, within its transaction, in one round trip on a server.

    Arguments: ``has_lines``, whether the run has written lines into migration_history.
    """
    connection = migration.connection
    assert connection is not None
    if not has_lines:
        return Left(migration.get_current_heads())
    at, fingerprint = connection.exec_driver_sql(LEFT[connection.dialect.name]).one()
    return Left(tuple(at.split(",")) if at else (), fingerprint)


def to_repair(connection: sa.Connection, say_notes: bool = False) -> tuple[Finding, ...]:
    """Return what a repair is for: what differs from head and matters, and what ran and is written otherwise now."""
    return (*failures(connection, say_notes), *edited_findings(connection))


def failures(connection: sa.Connection, say_notes: bool = False) -> tuple[Finding, ...]:
    """Return what differs from head and matters. Arguments: ``say_notes``, whether the log tells what is left alone."""
    from homecoming.catalog import Severity, verify

    findings = verify(connection)
    notes = (finding for finding in findings if finding.severity is Severity.NOTE)
    unknown = [kind_and_name(note.kind, note.object) for note in notes if note.kind in ("table", "column")]
    if say_notes and unknown:
        log.info("Left alone, unknown: %s", joined(", ", unknown))
    return tuple(finding for finding in findings if finding.severity is Severity.FAIL)


def refuse_other_than_head(connection: sa.Connection, left: Left) -> None:
    """Refuse to commit where the schema would not be what the application needs.

    A state whose number is head's need not be read again: what the catalogue does not tell is looked at alone.
    Errors: FailedError.
    """
    from homecoming.catalog import fingerprint, head, rows

    wanted = head(connection.dialect.name)
    is_head = left.fingerprint == fingerprint(wanted)
    _refuse(connection, rows.check(connection, wanted, wanted) if is_head else failures(connection))


def say_what_is_beside(connection: sa.Connection) -> None:
    """Say what a run leaves alone, or cannot help. Nothing of it is a reason to undo the run."""
    for finding in failures(connection, say_notes=True):
        # Of a table that the run made, another role has what the default privileges give it. It is not the schema's.
        if finding.is_other_role_grant:
            log.warning("Lacking: %s, %s. Next: %s", finding.object, finding.found, finding.run)
        # Nor are rows that the application itself may have written, and may do without.
        elif finding.is_unloadable:
            log.warning("Not loadable: %s, %s. %s", finding.object, finding.found, finding.run)
        elif finding.is_unread:
            log.warning("Not read: %s %s", finding.object, finding.found)
        else:
            log.warning("Differs: %s. Next: %s", finding.line, finding.run)


def _refuse(connection: sa.Connection, findings: Iterable[Finding]) -> None:
    found = [each for each in findings if not (each.is_other_role_grant or each.is_unloadable or each.is_unread)]
    if found:
        shown = joined("; ", (kind_and_name(finding.kind, finding.object) for finding in found[:5]))
        if len(found) > 5:
            shown = tr("{shown} and {more} more", shown=shown, more=len(found) - 5)
        repair = tr("make repair goes through earlier revisions again; where it does not help, report it")
        raise FailedError(
            tr("the schema would not be what the application needs: {shown}", shown=shown),
            tr("Nothing was changed. {todo}", todo=event_triggers(connection) or repair),
        )
