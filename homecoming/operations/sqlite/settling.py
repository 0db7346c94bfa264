"""What a table had that rows may not allow any more: given back once they are what they were, or entered and told."""

from __future__ import annotations

import sqlalchemy as sa

from homecoming.operations.sqlite.live import count_where, log, read_table
from homecoming.operations.sqlite.parts import holds
from homecoming.operations.sqlite.refusals import count_orphans
from homecoming.operations.sqlite.register import note
from homecoming.operations.sqlite.returning import Run, make_again
from homecoming.operations.sqlite.table import FOREIGN_KEY, Constraint, Table
from homecoming.operations.sqlite.text import quote
from homecoming.operations.sqlite.violations import tolerate


def settle(connection: sa.Connection, run: Run, name: str) -> None:
    """Give a table what rows allow of the constraints that it had; what they do not is entered, and said."""
    back, live = run.targets[name], read_table(connection, name)
    if live is None:
        return
    target, there = live, {constraint.meaning for constraint in live.constraints}
    for constraint in back.restored:
        if constraint.kind == FOREIGN_KEY:
            if not _finds(connection, run, live, constraint):
                target = target.dropping(lambda other, one=constraint: other.meaning == one.meaning)  # type: ignore[misc]
                _stays_out(connection, name, constraint)
        elif constraint.meaning not in there:
            if holds(connection, name, constraint):
                target = target.constrained(constraint)
            else:
                _stays_out(connection, name, constraint)
    for column in back.table.columns:
        found = live.column(column.name)
        if found and column.not_null and not found.not_null:
            if count_where(connection, name, f"{quote(column.name)} IS NULL"):
                log.warning("%s.%s stays nullable: rows hold NULL", name, column.name)
            else:
                target = target.replacing(column.name, column)
    if target.meaning != live.meaning:
        as_found = back.as_found and target.meaning == back.table.meaning
        make_again(connection, live, target, {}, run.statement(name) if as_found else "")


def _finds(connection: sa.Connection, run: Run, live: Table, reference: Constraint) -> bool:
    """Whether no more rows refer to nothing than did when the revision took the key: that many are tolerated."""
    target = read_table(connection, reference.target)
    there = reference.target_columns or (target.primary_key if target else ())
    if target is None or len(there) != len(reference.columns) or not target.has(*there):
        # It referred to nothing that is there.
        tolerate(connection, live, reference, count_where(connection, live.name, "1"))
        return True
    broken = f"{live.name}.{','.join(reference.columns)}"
    allowed = next((int(entry.definition) for entry in run.of("undo broken") if entry.object == broken), 0)
    tolerate(connection, live, reference, allowed)
    return count_orphans(connection, live.name, reference, there) <= allowed


def _stays_out(connection: sa.Connection, name: str, constraint: Constraint) -> None:
    note(connection, "constraint", f"{name}.{constraint.known_as(name)}", definition=constraint.spelled)
    log.warning("constraint %s.%s stays retired: it does not fit", name, constraint.known_as(name))
