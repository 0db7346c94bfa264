"""The way back of a revision: what it changed in this file, by the register, and nothing else.

Tables go back to the statements they had, with the rows as they are now and the cells that were kept; then rows that
came from copies go, tables that were made go unless they hold rows, and indexes, triggers and views come back.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from homecoming.operations.sqlite.changes import Renames, groups
from homecoming.operations.sqlite.live import (
    count,
    count_where,
    counted,
    foreign_keys_to,
    kind_of,
    log,
    read_table,
    references,
    triggers,
)
from homecoming.operations.sqlite.parts import keeping_views_sound
from homecoming.operations.sqlite.rebuild import change_rows
from homecoming.operations.sqlite.refusals import count_orphans
from homecoming.operations.sqlite.register import Entry, entries_after, note, strike
from homecoming.operations.sqlite.retire_table import drop_table_unless_rows
from homecoming.operations.sqlite.returning import Run, bring_back
from homecoming.operations.sqlite.settling import settle
from homecoming.operations.sqlite.stated import restore_changes, restore_deleted
from homecoming.operations.sqlite.table import FOREIGN_KEY, Table
from homecoming.operations.sqlite.text import key, quote, tokens
from homecoming.operations.sqlite.violations import tolerate

# What is struck once a revision is undone: what could not come back has been entered anew by then.
_SETTLED = ("index", "constraint", "trigger", "view", "not null", "reference")


def undo(connection: sa.Connection) -> None:
    """Undo what the revision of this moment did to this database, the last time it ran first."""
    for entry in entries_after(connection, 0):
        if entry.kind == "undo purged":
            log.warning("%s: %s", entry.object, entry.definition)
    for noted in groups(connection):
        _undo(connection, Run(noted, Renames.among(noted)))


def _undo(connection: sa.Connection, run: Run) -> None:
    _keep_unchanged_rows_only(connection, run)
    with keeping_views_sound(connection):
        aside = _drop_parts(connection, run)
        _put_back_last_deleted(connection, run)
        for name in _parents_first(run):
            bring_back(connection, run, name)
        _take_back_stated(connection, run)
        _delete_inserted(connection, run)
        for name in list(run.targets):
            settle(connection, run, name)
        _drop_made(connection, run)
        _set_sequences(connection, run)
        _make_parts(connection, run)
        for statement in aside:
            connection.exec_driver_sql(statement)
    for entry in run.noted:
        if entry.kind.startswith("undo") or entry.kind in _SETTLED or (entry.kind == "generated" and not entry.kept_in):
            strike(connection, entry)


def _put_back_last_deleted(connection: sa.Connection, run: Run) -> None:
    """Put back rows that were deleted after cells of theirs were kept: these come back to rows that are there.

    Not where a column of theirs went since: its values would find no place.
    """
    for entry in reversed(run.of("deleted")):
        cells = [
            each.id
            for each in run.noted
            if each.kind in ("column", "cells") and key(each.object.rpartition(".")[0]) == key(entry.object)
        ]
        live, kept = read_table(connection, run.now(entry)), read_table(connection, entry.kept_in)
        if live and kept and cells and entry.id > min(cells):
            called = {run.renames.after(entry.object, c.name, entry.id)[1]: c.name for c in kept.columns}
            if live.has(*called):
                restore_deleted(connection, live.name, called)


def _take_back_stated(connection: sa.Connection, run: Run) -> None:
    """Give back the rows that the revision changed or deleted on purpose, the last of them first."""
    for entry in reversed(run.noted):
        if entry.kind == "changed":
            table, _, column = entry.object.rpartition(".")
            restore_changes(connection, *run.renames.before(table, column, entry.id))
        elif entry.kind == "deleted":
            restore_deleted(connection, run.before(entry))


def _of(run: Run, *kinds: str) -> Iterator[tuple[Entry, str, str]]:
    """Yield the entries of objects of these kinds, with kind and name."""
    for entry in run.of("undo"):
        kind, _, name = entry.object.partition(" ")
        if kind in kinds:
            yield entry, kind, name


def _drop_parts(connection: sa.Connection, run: Run) -> list[str]:
    """Drop what the revision made or changed; return what makes triggers again that go with a view and are not its."""
    aside: list[str] = []
    for _, kind, name in _of(run, "trigger", "index", "view"):
        if kind == "view":
            own = {key(trigger) for _, _, trigger in _of(run, "trigger")}
            aside += [t.statement for t in triggers(connection, name) if key(t.name) not in own]
        connection.exec_driver_sql(f"DROP {kind} IF EXISTS {quote(name)}")
    return aside


def _make_parts(connection: sa.Connection, run: Run) -> None:
    for wanted in ("view", "index", "trigger"):
        for entry, _, name in _of(run, wanted):
            if not entry.definition:
                continue
            found = "SELECT 1 FROM sqlite_master WHERE type = ? AND name = ? COLLATE NOCASE"
            if connection.exec_driver_sql(found, (wanted, name)).scalar():
                continue
            try:
                connection.exec_driver_sql(entry.definition)
            except sa.exc.DatabaseError:
                # Values repeat, its name is taken, its table has gone, or only the application has what it needs.
                _keep_part(connection, wanted, name, entry.definition)


def _keep_part(connection: sa.Connection, kind: str, name: str, definition: str) -> None:
    parts = tokens(definition)
    table = next((parts[at + 1].name for at, token in enumerate(parts) if token.word == "ON"), "")
    note(connection, kind, f"{table}.{name}" if table else name, definition=definition)
    log.warning("%s %s stays retired: it does not fit, or needs what only the application has", kind, f"{table}.{name}")


def _parents_first(run: Run) -> list[str]:
    """Return the tables to be brought back, by the names they had, those that are referred to first."""
    olds = {name: run.old(name) for name in run.tables()}
    ordered: list[str] = []

    def visit(name: str, above: frozenset[str]) -> None:
        old = olds[name]
        if name in ordered or name in above:
            return
        for reference in old.of_kind(FOREIGN_KEY) if old else ():
            for other in olds:
                if key(other) == key(reference.target):
                    visit(other, above | {name})
        ordered.append(name)

    for name in olds:
        visit(name, frozenset())
    return ordered


def _keep_unchanged_rows_only(connection: sa.Connection, run: Run) -> None:
    """Strike from the rows that were inserted those that are others by now."""
    for entry in run.of("undo inserted"):
        archive, live = read_table(connection, entry.kept_in), read_table(connection, run.now(entry))
        if archive is None:
            continue
        if live is None:
            connection.exec_driver_sql(f"DELETE FROM {quote(archive.name)}")
            continue
        same = [f"live.{quote(c.name)} IS kept.{quote(c.name)}" for c in archive.columns if live.has(c.name)]
        connection.exec_driver_sql(
            f"DELETE FROM {quote(archive.name)} AS kept WHERE NOT EXISTS "
            f"(SELECT 1 FROM {quote(live.name)} AS live WHERE {' AND '.join(same)})"
        )


def _delete_inserted(connection: sa.Connection, run: Run) -> None:
    """Delete the rows that came from copies, but for those that something refers to; children may go first."""
    archives = [(entry, run.before(entry)) for entry in run.of("undo inserted")]
    deleted = True
    while deleted:
        deleted = False
        for entry, name in archives:
            live = read_table(connection, name)
            if live is None or not kind_of(connection, entry.kept_in):
                continue
            here, archive = quote(live.name), quote(entry.kept_in)
            before = f"(SELECT painel_referred FROM {archive} AS kept WHERE kept.id = {here}.id)"
            rows = change_rows(
                connection, live.name, f"DELETE FROM {here} WHERE {references(connection, live)} <= {before}"
            )
            deleted = deleted or bool(rows)
    for entry, name in archives:
        if kind_of(connection, entry.kept_in):
            own = f"id IN (SELECT id FROM {quote(entry.kept_in)})"
            live = read_table(connection, name)
            stay = count(connection, f"SELECT count(*) FROM {quote(name)} WHERE {own}") if live else 0
            if stay:
                log.warning(
                    "%s: %s from a copy: something refers to them", name, counted(stay, "row stays", "rows stay")
                )
            if live:
                _tolerate_referring(connection, live, entry.kept_in)
            connection.exec_driver_sql(f"DROP TABLE {quote(entry.kept_in)}")
    for entry in run.of("undo lost"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {quote(entry.kept_in)}")


def _tolerate_referring(connection: sa.Connection, live: Table, kept: str) -> None:
    """Let rows refer to those that have gone again, as they did before."""
    rows = count(connection, f"SELECT coalesce(sum(painel_referred), 0) FROM {quote(kept)}")
    for child, reference in list(foreign_keys_to(connection, live.name)) if rows else ():
        there = reference.target_columns or live.primary_key
        if len(there) == len(reference.columns) and live.has(*there):
            tolerate(connection, child, reference, min(rows, count_orphans(connection, child.name, reference, there)))


def _drop_made(connection: sa.Connection, run: Run) -> None:
    """Drop the tables that the revision made, unless they hold rows or something made since needs them."""
    for entry, _, name in reversed(list(_of(run, "table"))):
        if entry.definition:
            continue
        live = read_table(connection, name)
        if live and entry.definition == "" and not count(connection, f"SELECT EXISTS (SELECT 1 FROM {quote(name)})"):
            # Something named it before it was there.
            connection.exec_driver_sql(f"DROP TABLE {quote(live.name)}")
        elif live:
            drop_table_unless_rows(connection, name)
    names = [name for entry, _, name in _of(run, "table") if not entry.definition]
    names += [entry.definition for entry in run.of("undo renamed table")]
    for name in names:
        for child, reference in list(foreign_keys_to(connection, name)) if not read_table(connection, name) else ():
            # It referred to a table that was not there, and does so again.
            tolerate(connection, child, reference, count_where(connection, child.name, "1"))


def _set_sequences(connection: sa.Connection, run: Run) -> None:
    """Set AUTOINCREMENT where it was, or past the ids that were given since."""
    for entry in run.of("undo sequence"):
        live = read_table(connection, entry.object)
        if live is None or not live.autoincrement:
            continue
        highest = f"SELECT coalesce(max({quote(live.primary_key[0])}), 0) FROM {quote(live.name)}"
        at = max(int(entry.definition), count(connection, highest))
        connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (live.name,))
        connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (live.name, at))
