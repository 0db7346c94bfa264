"""One table on the way back: its statement as it was, its rows as they are, and the cells that were kept."""

from __future__ import annotations

import dataclasses

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.changes import Renames
from homecoming.operations.sqlite.following import lost
from homecoming.operations.sqlite.live import (
    count_where,
    counted,
    free_name,
    indexes,
    kind_of,
    log,
    read_table,
    triggers,
)
from homecoming.operations.sqlite.merging import Merged, loosened, merged
from homecoming.operations.sqlite.missing import set_unreadable_indexes_aside
from homecoming.operations.sqlite.reading import read
from homecoming.operations.sqlite.rebuild import move, rename
from homecoming.operations.sqlite.register import Entry, amend, note, strike
from homecoming.operations.sqlite.retire_column import retire_column
from homecoming.operations.sqlite.rows import insert_back
from homecoming.operations.sqlite.table import FOREIGN_KEY, Column, Table
from homecoming.operations.sqlite.text import index_body, key, mentions, quote, table_renamed

Archives = list[tuple[Entry, Table]]


@dataclasses.dataclass
class Run:
    """What the register has of one run of a revision.

    Arguments: ``noted``, its entries, the first one first; ``targets``, what tables were to become, by their names.
    """

    noted: list[Entry]
    renames: Renames
    targets: dict[str, Merged] = dataclasses.field(default_factory=dict)

    def of(self, kind: str) -> list[Entry]:
        """Return the entries of a kind."""
        return [entry for entry in self.noted if entry.kind == kind]

    def now(self, entry: Entry) -> str:
        """Return what the table of an entry was called as the revision ended."""
        return self.renames.after(entry.object, since=entry.id)[0]

    def before(self, entry: Entry) -> str:
        """Return what the table of an entry was called as the revision began."""
        return self.renames.before(entry.object, until=entry.id)[0]

    def old(self, name: str) -> Table | None:
        """Return a table as the revision found it, None where it changed nothing but rows."""
        found = self.statement(name)
        return read(found) if found else None

    def statement(self, name: str) -> str:
        """Return the statement of a table as the revision found it."""
        return next((e.definition for e in self.of("undo") if e.object == f"table {name}" and e.definition), "")

    def made(self, name: str) -> Table | None:
        """Return a table as the revision left it, None where it did not leave it."""
        return next((read(entry.definition) for entry in self.of("undo made") if entry.object == name), None)

    def tables(self) -> list[str]:
        """Return the tables, by the names they had, that it changed or whose rows it changed."""
        names = [e.object.partition(" ")[2] for e in self.of("undo") if e.object.startswith("table ") and e.definition]
        names += [self.before(entry) for entry in self.of("rows")]
        for entry in self.of("cells"):
            table, _, column = entry.object.rpartition(".")
            names.append(self.renames.before(table, column, entry.id)[0])
        return list({key(name): name for name in reversed(names)}.values())[::-1]

    def archives(self, connection: sa.Connection, kind: str, table: str, column: str) -> Archives:
        """Return what was kept of a column, by the names of table and column at first, the first time first."""
        found = []
        for entry in self.of(kind):
            own, _, name = entry.object.rpartition(".")
            was = self.renames.before(own, name, entry.id)
            archive = read_table(connection, entry.kept_in) if entry.kept_in else None
            if archive and (key(was[0]), key(was[1])) == (key(table), key(column)):
                found.append((entry, archive))
        return found

    def retired(self, name: str) -> Entry | None:
        """Return the entry of a table that was retired whole."""
        return next((e for e in self.of("table") if key(self.before(e)) == key(name)), None)


def bring_back(connection: sa.Connection, run: Run, name: str) -> None:
    """Bring a table back as far as it is another because of the revision, with its rows and cells."""
    live = read_table(connection, run.renames.after(name)[0])
    retired = run.retired(name)
    old, made = run.old(name), run.made(name)
    if live is None and retired and not kind_of(connection, name):
        live = made = read_table(connection, retired.kept_in)
    elif retired:
        log.warning("%s stays retired: its name is taken", name)
        return
    if live is None:
        if old and not made and not kind_of(connection, name):
            connection.exec_driver_sql(run.statement(name))
        else:
            log.warning("%s is not there any more, and stays so", name)
        return
    live = _without_added(connection, live, old or live, made or live, run, name)
    back = merged(live, old or live, made or live, lambda column: run.renames.after(name, column)[1])
    back = _unless_lost(connection, run, live, name, back)
    _become(connection, run, live, name, back)
    run.targets[name] = back
    if retired:
        strike(connection, retired)
    _let_go(connection, run, name)
    for entry in run.of("rows"):
        here, kept = read_table(connection, name), read_table(connection, entry.kept_in)
        if key(run.before(entry)) == key(name) and here and kept:
            insert_back(connection, entry, here, kept)


def _without_added(connection: sa.Connection, live: Table, old: Table, made: Table, run: Run, name: str) -> Table:
    """Retire the columns that the revision added, where they hold more than their default; return the table then.

    The others go with the rebuild, unless something of somebody else's is about them.
    """
    for column in merged(live, old, made, lambda own: run.renames.after(name, own)[1]).gone:
        about = [index_body(index.statement) for index in indexes(connection, live.name)]
        about += [trigger.statement for trigger in triggers(connection) if mentions(trigger.statement, live.name)]
        about += [" ".join(other.rest) for other in live.columns if other.name != column.name]
        if any(mentions(statement, column.name) for statement in about):
            retire_column(connection, live.name, column.name)
            live = read_table(connection, live.name) or live
        elif not column.generated and count_where(connection, live.name, _beyond_default(column)):
            cells.archive_cells(connection, "column", live, column)
    return live


def _beyond_default(column: Column) -> str:
    value, default = quote(column.name), column.default
    plain = default is not None and (default[:1] in "'+-(" or default[:1].isdigit())
    return f"{value} IS NOT NULL AND {value} IS NOT {default}" if plain else f"{value} IS NOT NULL"


def _unless_lost(connection: sa.Connection, run: Run, live: Table, name: str, back: Merged) -> Merged:
    """Leave a foreign key turned where rows refer to what the table that it came from does not have."""
    for constraint in back.restored:
        now = next((c for c in live.of_kind(FOREIGN_KEY) if c.is_on(constraint.columns)), None)
        if constraint.kind != FOREIGN_KEY or len(constraint.columns) > 1 or now is None:
            continue
        same = {key(constraint.target), key(run.renames.after(constraint.target)[0])}
        source, target = read_table(connection, constraint.target), read_table(connection, now.target)
        if key(now.target) in same or not (source and target and source.has("id") and target.has("id")):
            continue
        column = constraint.columns[0]
        was = _value(connection, run, live, name, back, column)
        condition = lost(live, back.sources[column], was, source, target)
        for entry in run.of("undo lost"):
            if entry.object == f"{name}.{column}":
                # What these refer to was not there before, either.
                here = f"({quote(live.name)}.id, {quote(live.name)}.{quote(back.sources[column])})"
                condition += f" AND {here} NOT IN (SELECT id, value FROM {quote(entry.kept_in)})"
        if count_where(connection, live.name, condition):
            log.warning("%s.%s stays as it is: rows refer to what %s does not have", name, column, constraint.target)
            others = tuple(c for c in back.table.constraints if c.meaning != constraint.meaning)
            table = dataclasses.replace(back.table, constraints=(*others, now))
            restored = tuple(c for c in back.restored if c != constraint)
            back = dataclasses.replace(back, table=table, as_found=False, restored=restored)
    return back


def _value(connection: sa.Connection, run: Run, live: Table, name: str, back: Merged, column: str) -> str:
    """Return SQL for what a column is to hold: the cell that was kept, unless the live one is newer."""
    source = back.sources[column]
    here = f"{quote(live.name)}.{quote(source)}" if source else ""
    whens = []
    for _, archive in run.archives(connection, "cells", name, column):
        whens += _when(archive, live, here, _parent(connection, run, name, back, column))
    if not source:
        for _, archive in run.archives(connection, "column", name, column):
            whens += _when(archive, live, "", "1")
        found = back.table.column(column)
        here = found.default or "NULL" if found and (whens or found.not_null) else "NULL"
    return f"CASE {' '.join(whens)} ELSE {here} END" if whens else here


def _when(archive: Table, live: Table, here: str, finds: str) -> list[str]:
    column = archive.columns[len(archive.primary_key)].name
    after = f"{column}__after"
    row = f"FROM {quote(archive.name)} AS kept WHERE {cells.identity_match(archive, live, column)}"
    if here and archive.has(after):
        row += f" AND kept.{quote(after)} IS {here}"
    value = f"kept.{quote(column)}"
    return [f"WHEN EXISTS (SELECT 1 {row} AND {finds.format(value)}) THEN (SELECT {value} {row})"]


def _parent(connection: sa.Connection, run: Run, name: str, back: Merged, column: str) -> str:
    """Return the SQL condition that a reference finds its row, to be formatted with SQL for it."""
    if any(entry.object == f"{name}.{column}" for entry in run.of("undo broken")):
        return "1"
    for reference in back.table.of_kind(FOREIGN_KEY):
        parent = read_table(connection, reference.target)
        there = (reference.target_columns or parent.primary_key) if parent else ()
        if parent and reference.is_on([column]) and len(there) == 1 and parent.has(*there):
            found = f"{{0}} IN (SELECT {quote(there[0])} FROM {quote(parent.name)})"
            for entry in run.of("rows"):
                # A row that could not go back, since another has its id by now, is not the one to be found.
                if key(run.before(entry)) == key(parent.name) and read_table(connection, entry.kept_in):
                    found += f" AND {{0}} NOT IN (SELECT id FROM {quote(entry.kept_in)})"
            return f"({{0}} IS NULL OR {found})"
    return "1"


def _become(connection: sa.Connection, run: Run, live: Table, name: str, back: Merged) -> None:
    """Make a live table the one that comes back: by nothing, by a new name, or by a rebuild as strict as rows allow."""
    stuck = {c.name for c in back.table.columns if (c.name in back.sources) and _is_turned(back, live, run, c.name)}
    values = {}
    for column in back.table.columns:
        source = back.sources[column.name]
        value = quote(source) if column.name in stuck else _value(connection, run, live, name, back, column.name)
        if not source or value not in (quote(column.name), f"{quote(live.name)}.{quote(column.name)}"):
            values[column.name] = value
    target = back.table
    if not values and dataclasses.replace(live, name=target.name).meaning == target.meaning:
        if live.name != target.name:
            _rename(connection, live.name, target.name)
        return
    statement = run.statement(name) if back.as_found else ""
    attempts = ((target, statement), (loosened(target, live, back.restored), ""))
    for attempt, spelled in attempts:
        try:
            with connection.begin_nested():
                make_again(connection, live, attempt, values, spelled)
            return
        except sa.exc.IntegrityError:
            continue
    log.warning("%s stays as it is: its rows do not fit what it was", live.name)


def _is_turned(back: Merged, live: Table, run: Run, column: str) -> bool:
    """Whether a column keeps the foreign key that the revision turned, and so its values."""
    old = run.old(back.table.name)
    was = next((c for c in old.of_kind(FOREIGN_KEY) if c.is_on([column])), None) if old else None
    now = next((c for c in back.table.of_kind(FOREIGN_KEY) if c.is_on([column])), None)
    return bool(was and now and was.meaning != now.meaning and now in live.constraints)


def _rename(connection: sa.Connection, old: str, new: str) -> None:
    if key(old) == key(new):
        scratch = free_name(connection, f"rebuilding_{new}")
        rename(connection, old, scratch)
        old = scratch
    rename(connection, old, new)


def make_again(connection: sa.Connection, live: Table, target: Table, values: dict[str, str], statement: str) -> None:
    """Make a table again with its rows; what is on it comes back as far as it fits, the rest is entered."""
    set_unreadable_indexes_aside(connection, live.name)
    parts = [("index", index.name, index.statement) for index in indexes(connection, live.name)]
    parts += [("trigger", trigger.name, trigger.statement) for trigger in triggers(connection, live.name)]
    scratch = free_name(connection, f"rebuilding_{target.name}")
    spelled = table_renamed(statement, scratch) if statement else ""
    move(connection, live, dataclasses.replace(target, name=scratch), values, spelled)
    rename(connection, scratch, target.name)
    for kind, name, part in parts:
        try:
            connection.exec_driver_sql(part)
        except sa.exc.DatabaseError:
            note(connection, kind, f"{target.name}.{name}", definition=part)
            log.warning("%s %s.%s is retired: it does not fit any more", kind, target.name, name)


def _let_go(connection: sa.Connection, run: Run, name: str) -> None:
    """Drop the kept cells that are back; of the others the register tells."""
    live = read_table(connection, name)
    for column in live.columns if live else ():
        assert live is not None
        for kind in ("cells", "column", "generated"):
            archives = run.archives(connection, kind, name, column.name)
            for place, (_, archive) in enumerate(archives):
                own = archive.columns[len(archive.primary_key)].name
                whens = [when for _, s in archives[: place + 1] for when in _when(s, live, "", "1")]
                back = f"{quote(live.name)}.{quote(column.name)} IS CASE {' '.join(whens)} END"
                connection.exec_driver_sql(
                    f"DELETE FROM {quote(archive.name)} AS kept WHERE EXISTS (SELECT 1 FROM {quote(live.name)} "
                    f"WHERE {cells.identity_match(archive, live, own)} AND {back})"
                )
            for entry, archive in archives:
                _tell_what_stays(connection, entry, archive, f"{name}.{column.name}")


def _tell_what_stays(connection: sa.Connection, entry: Entry, archive: Table, was: str) -> None:
    column = archive.columns[len(archive.primary_key)].name
    rows = count_where(connection, archive.name, "1")
    if not rows:
        connection.exec_driver_sql(f"DROP TABLE {quote(archive.name)}")
        strike(connection, entry)
        return
    # From here on it goes by the name that it was found under.
    amend(connection, entry, rows, was)
    after = f"{column}__after"
    if archive.has(after):
        # The live one is newer, and stays so however often the database goes up and back.
        connection.exec_driver_sql(f"UPDATE {quote(archive.name)} SET {quote(after)} = {quote(column)}")
    stay = counted(rows, "cell stays", "cells stay")
    log.warning("%s: %s retired: the row is gone, is another now, or has a newer value", entry.object, stay)
