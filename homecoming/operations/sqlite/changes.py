"""What a revision changed in this file: noted as it begins and ends, so that the way back undoes that and nothing else.

The register gets, all under kinds that begin with ``undo``: the statement of each object as it was, with that of a
table as it became; names that were given; rows that were inserted; where AUTOINCREMENT was; and last a line that says
where the entries of this run of the revision begin. What rows held is kept by whatever changes them (``cells``,
``rows``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.following import lost
from homecoming.operations.sqlite.live import count, count_where, free_name, kind_of, read_table
from homecoming.operations.sqlite.reading import read
from homecoming.operations.sqlite.rebuild import rename
from homecoming.operations.sqlite.refusals import count_orphans
from homecoming.operations.sqlite.register import (
    BEFORE,
    REGISTER,
    REVISION,
    Entry,
    enter,
    entries_after,
    last_id,
)
from homecoming.operations.sqlite.table import FOREIGN_KEY, Constraint, Table
from homecoming.operations.sqlite.text import key, mentions, quote

# What is ours is not in it, nor is a virtual table: no operation changes one.
_OBJECTS = r"""
    SELECT type, name, tbl_name, sql FROM sqlite_master
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND tbl_name NOT LIKE 'retired\_%' ESCAPE '\'
    AND name NOT LIKE 'retired\_%' ESCAPE '\' AND lower(tbl_name) NOT IN ('alembic_version', 'migration_history')
    AND NOT (type = 'table' AND rootpage = 0) ORDER BY rowid"""


@dataclasses.dataclass(frozen=True)
class _State:
    """What there is. Arguments: ``objects``, table and statement by type and name; ``sequences``, of AUTOINCREMENT."""

    objects: dict[tuple[str, str], tuple[str, str]]
    sequences: dict[str, int]

    @staticmethod
    def of(connection: sa.Connection) -> _State:
        objects = {(row.type, row.name): (row.tbl_name, row.sql) for row in connection.exec_driver_sql(_OBJECTS)}
        counted = kind_of(connection, "sqlite_sequence")
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all() if counted else []
        return _State(objects, {row.name: row.seq for row in rows if ("table", row.name) in objects})

    def statement(self, kind: str, name: str) -> str | None:
        found = self.objects.get((kind, name))
        return found[1] if found else None


@dataclasses.dataclass(frozen=True)
class Renames:
    """The names that a revision gave to tables and columns, in their order: id, table, column or nothing, new name."""

    given: tuple[tuple[int, str, str, str], ...]

    @staticmethod
    def among(noted: Iterable[Entry]) -> Renames:
        """Return those among entries."""
        given = []
        for entry in noted:
            if entry.kind == "undo renamed table":
                given.append((entry.id, entry.object, "", entry.definition))
            elif entry.kind == "undo renamed column":
                table, _, column = entry.object.rpartition(".")
                given.append((entry.id, table, column, entry.definition))
        return Renames(tuple(given))

    def after(self, table: str, column: str = "", since: int = 0) -> tuple[str, str]:
        """Return what a table, and a column of it, is called at the end. Arguments: ``since``, when it was so."""
        for at, own, old, new in self.given:
            if at > since and key(own) == key(table):
                table, column = (table, new if key(old) == key(column) else column) if old else (new, column)
        return table, column

    def before(self, table: str, column: str = "", until: int | None = None) -> tuple[str, str]:
        """Return what a table, and a column of it, was called at first. Arguments: ``until``, when it was called so."""
        for at, own, old, new in reversed(self.given):
            if until is not None and at >= until:
                continue
            if not old and key(new) == key(table):
                table = own
            elif old and key(own) == key(table) and key(new) == key(column):
                column = old
        return table, column


def begin(connection: sa.Connection) -> None:
    """Take in what there is as the upgrade of a revision begins."""
    connection.info[BEFORE] = (_State.of(connection), last_id(connection))


def note_changes(connection: sa.Connection) -> None:
    """Enter what the upgrade of a revision has changed since ``begin``; nothing where that is nothing."""
    before, last = connection.info.pop(BEFORE, (None, 0))
    if before is None:
        return
    now, noted = _State.of(connection), entries_after(connection, last)
    if now == before and not noted:
        return
    renames = Renames.among(noted)
    retired = {renames.before(e.object, until=e.id)[0]: e.kept_in for e in noted if e.kind == "table"}
    _note_objects(connection, before, now, renames, retired)
    for name, at in before.sequences.items():
        if now.sequences.get(renames.after(name)[0]) != at:
            enter(connection, "undo sequence", name, definition=str(at))
    for entry in noted:
        if entry.kind == "cells" and entry.kept_in:
            _note_what_became(connection, entry, renames)
            for deleted in (each for each in noted if each.kind == "deleted" and each.id > entry.id):
                _note_what_was_deleted(connection, entry, deleted, renames)
        elif entry.kind == "undo inserted":
            _note_what_was_inserted(connection, entry, renames)
    enter(connection, "undo run", str(connection.info.get(REVISION)), definition=str(last))


def _note_objects(
    connection: sa.Connection, before: _State, now: _State, renames: Renames, retired: Mapping[str, str]
) -> None:
    renamed = {renames.after(name)[0] for kind, name in before.objects if kind == "table"}
    made = {name for kind, name in now.objects if kind == "table" and (kind, name) not in before.objects} - renamed
    for kind, name in {**before.objects, **now.objects}:
        old, new = before.statement(kind, name), now.statement(kind, name)
        if old is not None and kind == "table":
            new = now.statement(kind, renames.after(name)[0])
        if old == new or (old is None and (now.objects[kind, name][0] in made and kind != "table")):
            # What is on a table that the revision made goes with it.
            continue
        if old is None and kind == "table":
            if name in renamed:
                continue
            # One that something had named before goes again whatever names it.
            old = "" if any(mentions(statement, name) for _, statement in before.objects.values()) else None
            new = None
        enter(connection, "undo", f"{kind} {name}", definition=old)
        if kind == "table" and new is not None:
            enter(connection, "undo made", name, definition=new)
        made_of_it = read_table(connection, renames.after(name)[0] if new else retired.get(name, ""))
        if kind == "table" and old and made_of_it:
            _note_broken(connection, name, read(old), made_of_it, renames, retired)
            if new:
                _note_lost(connection, name, read(old), made_of_it, renames, retired)


def _note_broken(
    connection: sa.Connection, name: str, old: Table, made: Table, renames: Renames, retired: Mapping[str, str]
) -> None:
    """Enter how many rows refer to nothing by a foreign key that was taken: it comes back over as many.

    Arguments: ``retired``, what keeps the tables that were retired, by the names they had.
    """
    now = {constraint.meaning for constraint in made.constraints}
    for constraint in old.of_kind(FOREIGN_KEY):
        if constraint.meaning in now:
            continue
        target = read_table(connection, renames.after(constraint.target)[0])
        target = target or read_table(connection, retired.get(constraint.target, ""))
        own = tuple(renames.after(name, column)[1] for column in constraint.columns)
        if target and (rows := _count_broken(connection, made, constraint, own, target)):
            enter(connection, "undo broken", f"{name}.{','.join(constraint.columns)}", definition=str(rows))


def _note_lost(
    connection: sa.Connection, name: str, old: Table, made: Table, renames: Renames, retired: Mapping[str, str]
) -> None:
    """Keep the references to a copy that found nothing in it: they hinder no foreign key on its way back."""
    for constraint in old.of_kind(FOREIGN_KEY):
        source = read_table(connection, retired.get(constraint.target, ""))
        column = renames.after(name, constraint.columns[0])[1]
        now = next((c for c in made.of_kind(FOREIGN_KEY) if c.is_on([column])), None)
        target = read_table(connection, now.target) if now else None
        if not (source and target and source.has("id") and target.has("id") and made.has("id", column)):
            continue
        archives = [archive for _, archive in cells.kept(connection, "cells", f"{made.name}.{column}")]
        here = f"{quote(made.name)}.{quote(column)}"
        was = f"coalesce({cells.kept_value(archives, column, made)}, {here})"
        condition = lost(made, column, was, source, target)
        if count_where(connection, made.name, condition):
            kept = free_name(connection, f"retired_undo_{made.name}_{column}")
            rows = f"SELECT id, {quote(column)} AS value FROM {quote(made.name)} WHERE {condition}"
            connection.exec_driver_sql(f"CREATE TABLE {quote(kept)} AS {rows}")
            enter(connection, "undo lost", f"{name}.{constraint.columns[0]}", kept_in=kept)


def _count_broken(
    connection: sa.Connection, made: Table, constraint: Constraint, own: tuple[str, ...], target: Table
) -> int:
    there = constraint.target_columns or target.primary_key
    if len(there) != len(own) or not target.has(*there):
        return 0
    reference = dataclasses.replace(constraint, columns=own, target=target.name)
    if made.has(*own):
        return count_orphans(connection, made.name, reference, there)
    kept = cells.kept(connection, "column", f"{made.name}.{own[0]}") if len(own) == 1 else []
    return count_orphans(connection, kept[0][1].name, reference, there) if kept else 0


def _note_what_became(connection: sa.Connection, entry: Entry, renames: Renames) -> None:
    """Keep beside kept cells what the revision left in their place: what is another by then is newer."""
    own = entry.object.rpartition(".")
    table, column = renames.after(own[0], own[2], entry.id)
    live, archive = read_table(connection, table), read_table(connection, entry.kept_in)
    if live is None or archive is None or not live.has(column):
        return
    kept = quote(f"{own[2]}__after")
    connection.exec_driver_sql(f"ALTER TABLE {quote(archive.name)} ADD COLUMN {kept}")
    connection.exec_driver_sql(
        f"UPDATE {quote(archive.name)} AS kept SET {kept} = (SELECT {quote(live.name)}.{quote(column)} "
        f"FROM {quote(live.name)} WHERE {cells.identity_match(archive, live, own[2])})"
    )


def _note_what_was_deleted(connection: sa.Connection, entry: Entry, deleted: Entry, renames: Renames) -> None:
    """Do the same for cells whose rows the revision deleted afterwards: these are kept as it left them."""
    own = entry.object.rpartition(".")
    as_it_went = Renames(tuple(given for given in renames.given if given[0] < deleted.id))
    table, column = as_it_went.after(own[0], own[2], entry.id)
    archive, rows = read_table(connection, entry.kept_in), read_table(connection, deleted.kept_in)
    after = f"{own[2]}__after"
    if archive is None or rows is None or key(table) != key(deleted.object):
        return
    if archive.has(after) and rows.has(column, *archive.primary_key):
        here = quote(rows.name)
        same = " AND ".join(f"kept.{quote(own)} = {here}.{quote(own)}" for own in archive.primary_key)
        left = f"SELECT {quote(column)} FROM {here} WHERE {same}"
        connection.exec_driver_sql(
            f"UPDATE {quote(archive.name)} AS kept SET {quote(after)} = ({left}) WHERE EXISTS ({left})"
        )


def _note_what_was_inserted(connection: sa.Connection, entry: Entry, renames: Renames) -> None:
    """Keep inserted rows as the revision left them: what is another by then stays."""
    live = read_table(connection, renames.after(entry.object, since=entry.id)[0])
    if live is None:
        return
    name, old = free_name(connection, f"{entry.kept_in}_as_left"), quote(entry.kept_in)
    connection.exec_driver_sql(
        f"CREATE TABLE {quote(name)} AS SELECT live.*, kept.painel_referred FROM {quote(live.name)} AS live "
        f"JOIN {old} AS kept ON kept.id = live.id"
    )
    connection.exec_driver_sql(f"DROP TABLE {old}")
    rename(connection, name, entry.kept_in)


# What keeps rows or cells, which may find their place another time.
_KEEPING = ("cells", "changed", "column", "deleted", "generated", "rows", "table")


def groups(connection: sa.Connection) -> Iterator[list[Entry]]:
    """Yield the entries of each run of the revision of this moment, the latest run first, the first entry first.

    With the latest comes what an earlier way back could not give back.
    """
    every = entries_after(connection, 0)
    runs = [
        [entry for entry in every if int(run.definition) < entry.id <= run.id]
        for run in every
        if run.kind == "undo run"
    ]
    left = [entry for entry in every if entry.kind in _KEEPING and not any(entry in run for run in runs)]
    for run in reversed(runs):
        yield [*run, *left]
        left = []


def forget(connection: sa.Connection) -> None:
    """Take out what undo() would have read, for a revision with a way back of its own."""
    for entry in entries_after(connection, 0):
        if entry.kind.startswith("undo"):
            if entry.kept_in:
                connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quote(entry.kept_in)}")
            connection.exec_driver_sql(f"DELETE FROM {REGISTER} WHERE id = ?", (entry.id,))
    if kind_of(connection, REGISTER) and not count(connection, f"SELECT EXISTS (SELECT 1 FROM {REGISTER})"):
        connection.exec_driver_sql(f"DROP TABLE {REGISTER}")
