"""Foreign keys: turned round to another table, and checked as a whole before the commit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from homecoming.operations.sqlite import faults
from homecoming.operations.sqlite.live import all_tables, counted, log, read_table, read_tables
from homecoming.operations.sqlite.parts import taking
from homecoming.operations.sqlite.rebuild import rebuild, rebuild_if_changed
from homecoming.operations.sqlite.refusals import count_orphans, finds_all
from homecoming.operations.sqlite.register import note
from homecoming.operations.sqlite.table import FOREIGN_KEY, Constraint, Table, foreign_key
from homecoming.operations.sqlite.text import key, meaning
from homecoming.operations.sqlite.violations import broken_before, referred


def referring(connection: sa.Connection, live: Table, target: Table, wanted: Constraint) -> Table:
    """Return the table ``target``, still to be built, with one foreign key on the columns of ``wanted``.

    What else these columns alone refer to goes, and to the register.
    Errors: Refused where a row refers to nothing.
    """
    there = read_table(connection, wanted.target)
    found = [constraint for constraint in target.of_kind(FOREIGN_KEY) if constraint.is_on(wanted.columns)]
    known = any(key(constraint.target) == key(wanted.target) for constraint in found)
    if there and not known and live.has(*wanted.columns):
        finds_all(connection, live.name, wanted, wanted.target_columns)
    unsaid = [constraint for constraint in found if not _says_the_same(constraint, wanted)]
    target = taking(connection, target, lambda constraint: constraint in unsaid)
    return target.dropping(lambda constraint: constraint in found).constrained(wanted)


def _says_the_same(one: Constraint, other: Constraint) -> bool:
    return key(one.target) == key(other.target) and meaning(one.actions) == meaning(other.actions)


def ensure_no_foreign_key(connection: sa.Connection, table: str, column: str) -> None:
    """Drop what a column alone refers to."""
    if live := read_table(connection, table):
        rebuild_if_changed(
            connection, live, live.dropping(lambda each: each.kind == FOREIGN_KEY and each.is_on([column]))
        )


def repoint_foreign_keys(
    connection: sa.Connection, source: str, target: str, copies: Mapping[str, str] | None = None
) -> None:
    """Make every foreign key that refers to ``source``, which may be gone, refer to ``target``, which has the rows.

    Arguments: ``copies``, where ``source`` is one: what each that is to be retired is a copy of, by its key. Their
    foreign keys are dropped instead; all of them go to the register, which a downgrade reads.
    Errors: Refused where ``target`` lacks a row that is referred to.
    """
    there = read_table(connection, target)
    if there is None:
        return
    for table in read_tables(connection):
        if key(table.name) == key(source):
            continue
        turned = [constraint for constraint in table.of_kind(FOREIGN_KEY) if key(constraint.target) == key(source)]
        for constraint in turned:
            if copies is not None and len(constraint.columns) == 1 and read_table(connection, source):
                says = None if key(table.name) in copies else constraint.spelled
                note(connection, "reference", f"{table.name}.{constraint.columns[0]}", definition=says)
        if turned and copies and key(table.name) in copies:
            rebuild(connection, table, taking(connection, table, turned.__contains__))
            continue
        turned = [constraint for constraint in turned if there.has(*(constraint.target_columns or there.primary_key))]
        for constraint in turned:
            table = _turn(connection, table, constraint, there)


def _turn(connection: sa.Connection, table: Table, old: Constraint, target: Table) -> Table:
    new = foreign_key(old.columns, target.name, old.target_columns, old.actions, old.name)
    _refuse_more_orphans(connection, table, new, new.target_columns or target.primary_key)
    turned = table.dropping(lambda constraint: constraint.meaning in (old.meaning, new.meaning)).constrained(new)
    rebuild(connection, table, turned)
    log.info("%s.%s refers to %s again", table.name, ", ".join(old.columns), target.name)
    return turned


def check_foreign_keys(connection: sa.Connection) -> None:
    """Check every foreign key of every table, known or not: SQLite itself checked none while tables were rebuilt.

    What a table nobody knows referred to in vain before the run is reported, and left to its owner.
    Errors: Refused, with all keys that a row breaks, and with what the run has noted before. Where the table is
    missing, every row that refers to it breaks its key.
    """
    tables = {key(table.name): table for table in all_tables(connection)}
    for table in tables.values():
        for constraint in table.of_kind(FOREIGN_KEY):
            there = referred(constraint, tables.get(key(constraint.target)))
            if there is None:
                target = constraint.target
                log.warning("%s: a foreign key to %s names no key of it, and is not checked", table.name, target)
            else:
                _refuse_more_orphans(connection, table, constraint, there)
    faults.refuse(connection)


def _refuse_more_orphans(connection: sa.Connection, table: Table, reference: Constraint, there: Sequence[str]) -> None:
    """Refuse where rows refer to nothing, unless as many did before the run and nobody knows their table."""
    rows = count_orphans(connection, table.name, reference, there)
    if rows > broken_before(connection, table, reference):
        finds_all(connection, table.name, reference, there, by_id=faults.is_fed(connection, reference.target))
    elif rows:
        names = ", ".join(reference.columns)
        refer = counted(rows, "row refers", "rows refer")
        log.warning("%s.%s: %s to no row of %s, as before", table.name, names, refer, reference.target)
