"""Rows that a revision changes or deletes on purpose: what they were is kept, with the reason, and comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from homecoming.operations.literals import Sql
from homecoming.operations.messages import said
from homecoming.operations.sqlite import cells, faults
from homecoming.operations.sqlite.identity import IDENTITY
from homecoming.operations.sqlite.live import (
    all_tables,
    count_where,
    counted,
    free_name,
    log,
    read_table,
)
from homecoming.operations.sqlite.rebuild import change_rows
from homecoming.operations.sqlite.refusals import count_orphans
from homecoming.operations.sqlite.register import REGISTER, REVISION, Entry, amend, entries, note, noted, strike
from homecoming.operations.sqlite.table import FOREIGN_KEY, Table
from homecoming.operations.sqlite.text import key, listed, quote
from homecoming.operations.sqlite.violations import referred

# Of kept cells, what their row was given in their place.
_GIVEN = "value_given"


def _is_stated(connection: sa.Connection, kind: str, name: str, why: str) -> bool:
    """Whether a revision has done this already, and it was not taken back: a repair goes through it again."""
    if noted(connection, kind, name) is None:
        return False
    statement = (
        f"SELECT EXISTS (SELECT 1 FROM {REGISTER} WHERE kind = ? AND object = ? AND revision = ? AND definition = ?)"
    )
    values = (kind, name, connection.info.get(REVISION), f"-- {why}")
    return bool(connection.exec_driver_sql(statement, values).scalar())


def _explain(connection: sa.Connection, entry: int, text: str | None) -> None:
    connection.exec_driver_sql(f"UPDATE {REGISTER} SET definition = ? WHERE id = ?", (text, entry))


def change_stated(connection: sa.Connection, table: str, condition: Sql, why: str, pairs: Sequence[str | Sql]) -> None:
    """Give columns of some rows other values. Arguments: ``pairs``, columns and expressions in turn."""
    live = read_table(connection, table)
    columns, values = list(map(str, pairs[::2])), [str(getattr(value, "sqlite", value)) for value in pairs[1::2]]
    if live is None or _is_stated(connection, "changed", f"{live.name}.{columns[0]}", why):
        return
    # What tells a row comes first here, and last on the way back.
    found = sorted(
        (column for column in map(live.column, columns) if column is not None),
        key=lambda column: key(column.name) not in IDENTITY,
    )
    rows = count_where(connection, live.name, condition.sqlite)
    if not rows:
        return
    for column in found:
        cells.archive_cells(connection, "changed", live, column, condition.sqlite)
    sets = ", ".join(
        f"{quote(column)} = ({value})" for column, value in zip(columns, values, strict=True) if live.has(column)
    )
    change_rows(connection, live.name, f"UPDATE {quote(live.name)} SET {sets} WHERE {condition.sqlite}")
    for column in found:
        entry, archive = cells.kept(connection, "changed", f"{live.name}.{column.name}")[0]
        connection.exec_driver_sql(f"ALTER TABLE {quote(archive.name)} ADD COLUMN {_GIVEN}")
        # A row is told by what it was given, where that is its name.
        told = {c.name: c.name for c in archive.columns if c != column and c.name not in archive.primary_key}
        sets = ", ".join(
            f"{quote(into)} = (SELECT {quote(name)} FROM {quote(live.name)} WHERE {_same_key(archive, live)})"
            for into, name in {**told, _GIVEN: column.name}.items()
            if key(into) != key(column.name)
        )
        connection.exec_driver_sql(f"UPDATE {quote(archive.name)} AS kept SET {sets}")
        _explain(connection, entry.id, f"-- {why}")
    log.info("%s: %s changed: %s", live.name, counted(rows, "row", "rows"), why)


def restore_changes(connection: sa.Connection, table: str, name: str) -> None:
    """Give back what change_stated() kept of a column. A row with a newer value keeps that, and is named."""
    live = read_table(connection, table)
    if live is None or not live.has(name):
        return
    for entry, archive in cells.kept(connection, "changed", f"{live.name}.{name}")[:1]:
        same = cells.identity_match(archive, live, name)
        column, source = f"{quote(live.name)}.{quote(name)}", f"{quote(archive.name)} AS kept"
        newer = connection.exec_driver_sql(
            f"SELECT kept.{quote(archive.columns[0].name)} FROM {source} JOIN {quote(live.name)} ON {same}"
            f" WHERE {column} IS NOT kept.{_GIVEN} ORDER BY 1"
        ).scalars()
        if ids := list(map(str, newer)):
            has = counted(len(ids), "row has", "rows have")
            log.info("%s.%s: %s a newer value since, and keep it: id %s", live.name, name, has, ", ".join(ids))
        change_rows(
            connection,
            live.name,
            f"UPDATE {quote(live.name)} SET {quote(name)} = {cells.kept_value([archive], name, live)}"
            f" WHERE EXISTS (SELECT 1 FROM {source} WHERE {same} AND {column} IS kept.{_GIVEN})",
        )
        is_back = f"{_same_key(archive, live)} AND {column} IS kept.{quote(name)}"
        connection.exec_driver_sql(
            f"DELETE FROM {source} WHERE EXISTS (SELECT 1 FROM {quote(live.name)} WHERE {is_back})"
        )
        _let_go(connection, entry, f"{live.name}.{name}", "the row is gone, or has a newer value")


def _same_key(archive: Table, live: Table) -> str:
    return " AND ".join(f"kept.{quote(own)} = {quote(live.name)}.{quote(own)}" for own in archive.primary_key)


def _let_go(connection: sa.Connection, entry: Entry, name: str, why: str) -> None:
    """Strike an entry of which nothing is kept any more, and say how much still is."""
    if rows := count_where(connection, entry.kept_in, "1"):
        amend(connection, entry, rows)
        _explain(connection, entry.id, None)
        log.info("%s: %s retired: %s", name, counted(rows, "row stays", "rows stay"), why)
    else:
        connection.exec_driver_sql(f"DROP TABLE {quote(entry.kept_in)}")
        strike(connection, entry)


def delete_rows(connection: sa.Connection, table: str, condition: Sql, why: str) -> None:
    """Delete rows that nothing refers to, and keep them."""
    live = read_table(connection, table)
    if live is None or _is_stated(connection, "deleted", live.name, why):
        return
    rows = count_where(connection, live.name, condition.sqlite)
    if not rows or _are_referred_to(connection, live.name, condition.sqlite):
        return
    kept = free_name(connection, f"retired_{live.name}__deleted")
    connection.exec_driver_sql(
        f"CREATE TABLE {quote(kept)} AS SELECT * FROM {quote(live.name)} WHERE {condition.sqlite}"
    )
    change_rows(connection, live.name, f"DELETE FROM {quote(live.name)} WHERE {condition.sqlite}")
    note(connection, "deleted", live.name, kept_in=kept, definition=f"-- {why}", rows=rows)
    log.info("%s: %s deleted: %s", live.name, counted(rows, "row", "rows"), why)


def _are_referred_to(connection: sa.Connection, table: str, condition: str) -> bool:
    refers = False
    for child in all_tables(connection):
        for reference in child.of_kind(FOREIGN_KEY):
            if key(reference.target) != key(table):
                continue
            live = read_table(connection, table)
            there = reference.target_columns or (live.primary_key if live else ())
            going = f"SELECT {listed(there)} FROM {quote(table)} WHERE {condition}"
            stays = f" AND ({condition}) IS NOT TRUE" if key(child.name) == key(table) else ""
            others = count_where(connection, child.name, f"({listed(reference.columns)}) IN ({going}){stays}")
            if others:
                refers = True
                faults.note(
                    connection,
                    said(
                        "referred_to.what",
                        revision=connection.info.get(REVISION),
                        table=table,
                        child=quote(child.name),
                        columns=listed(reference.columns),
                        rows=counted(others, "row", "rows"),
                    ),
                    said("referred_to.todo"),
                )
    return refers


def restore_deleted(connection: sa.Connection, table: str, called: Mapping[str, str] | None = None) -> None:
    """Put deleted rows back where their keys are free. The others stay; all do where one would refer to nothing.

    Arguments: ``called``, by the names that columns have now, those that they had as the rows were deleted.
    """
    live = read_table(connection, table)
    for entry in entries(connection, "deleted") if live else ():
        kept = read_table(connection, entry.kept_in)
        if live is None or kept is None or key(entry.object) != key(live.name):
            continue
        was = {column.name: (called or {}).get(column.name, column.name) for column in live.columns}
        names = [column.name for column in live.columns if kept.has(was[column.name]) and not column.generated]
        same = " AND ".join(f"kept.{quote(was[n])} IS {quote(live.name)}.{quote(n)}" for n in live.primary_key or names)
        there = f"EXISTS (SELECT 1 FROM {quote(live.name)} WHERE {same})"
        source = f"{quote(kept.name)} AS kept"
        connection.exec_driver_sql(f"CREATE TEMP TABLE coming AS SELECT rowid AS id FROM {source} WHERE NOT {there}")
        coming = "kept.rowid IN (SELECT id FROM temp.coming)"
        rows = f"SELECT {listed(was[name] for name in names)} FROM {source} WHERE {coming}"
        before = _orphans(connection, live)
        connection.exec_driver_sql("SAVEPOINT deleted")
        change_rows(connection, live.name, f"INSERT OR IGNORE INTO {quote(live.name)} ({listed(names)}) {rows}")
        connection.exec_driver_sql(f"DELETE FROM {source} WHERE {coming} AND {there}")
        if _orphans(connection, live) > before:
            connection.exec_driver_sql("ROLLBACK TO deleted")
        connection.exec_driver_sql("RELEASE deleted")
        connection.exec_driver_sql("DROP TABLE temp.coming")
        _let_go(connection, entry, live.name, "a key of theirs is taken, or not there")


def _orphans(connection: sa.Connection, live: Table) -> int:
    """Return how many rows of a table refer to nothing, key by key."""
    found = 0
    for reference in live.of_kind(FOREIGN_KEY):
        there = referred(reference, read_table(connection, reference.target))
        found += count_orphans(connection, live.name, reference, there) if there is not None else 0
    return found
