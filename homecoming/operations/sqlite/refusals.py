"""What rows may not hold: each check counts, and notes what, where, how many, and the next command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from homecoming.operations.messages import counted, said
from homecoming.operations.sqlite.faults import is_noted, may_be_column, may_be_table, no_row, note, see, was
from homecoming.operations.sqlite.live import count, count_where
from homecoming.operations.sqlite.table import Column, Constraint, Table
from homecoming.operations.sqlite.text import BLANKS, key, listed, literal, meaning, quote

# What a declared type takes, by the storage classes of SQLite. Text in a column of numbers would be stored as it is,
# and the ORM could not load the row; moments and dates are text by nature.
_STORED_AS = {"integer": ("integer",), "boolean": ("integer",), "numeric": ("integer", "real")}


def has_values(connection: sa.Connection, table: str, column: Column, value: str) -> bool:
    """Return whether every row has a value. Where the run adds the column, what is noted is how to add it.

    Arguments: ``value``, SQL for what the column is to hold.
    """
    old = was(connection, table, column.name)
    if old:
        condition, shown = f"({value}) IS NULL", f"{quote(old)} IS NULL"
        return no_row(connection, table, [column.name], condition, "null", shown)
    rows = count_where(connection, table, f"({value}) IS NULL")
    if rows:
        here = quote(was(connection, table) or table)
        how = "missing_column.id" if key(column.name) == "id" else "missing_column.add"
        note(
            connection,
            said("missing_column.what", table=here, column=column.name, rows=counted("missing_column", rows)),
            said("missing_column.todo")
            + may_be_column(connection, table, column.name, column.type)
            + said(how, table=here, column=column.name, type=column.type),
        )
    return not rows


def has_labels(
    connection: sa.Connection, table: str, column: str, enum: str, labels: Iterable[str], value: str, by_id: bool
) -> bool:
    """Return whether no row holds what is no label of an enum, in any case and between any blanks.

    Arguments: ``value``, SQL for what the column is to hold; ``by_id``, whether rows held another before the run.
    """
    known = ", ".join(map(literal, dict.fromkeys(map(key, labels))))
    other = f"lower(trim({{}}, {BLANKS})) NOT IN ({known})"
    shown = other.format(quote(was(connection, table, column) or column))
    return no_row(connection, table, [column], other.format(value), "no_label", shown, by_id, enum=enum)


def all_fit(connection: sa.Connection, table: Table, column: str, type_: str, value: str) -> bool:
    """Return whether every value fits the declared type that a column is to have."""
    old = was(connection, table.name, column)
    words = meaning(type_).split()
    spelled = type_.replace(", ", ",")
    if words[0] == "varchar" and len(words) > 1:
        condition, shown = f"length({value}) > {int(words[2])}", f"length({quote(old or column)}) > {int(words[2])}"
        return no_row(connection, table.name, [column], condition, "misfit", shown, by_id=not old, type=spelled)
    if words[0] not in _STORED_AS:
        return True
    # Only a column of that type can tell what SQLite would make of a value.
    allowed = ", ".join(map(literal, _STORED_AS[words[0]]))
    is_id = key(column) == "id"
    row = "id" if table.has("id") and not is_id else table.row_number or "id"
    connection.exec_driver_sql(f"CREATE TEMP TABLE probed (id, value {type_})")
    connection.exec_driver_sql(
        f"INSERT INTO temp.probed SELECT {row}, {value} FROM {quote(table.name)} "
        f"WHERE {value} IS NOT NULL AND typeof({value}) NOT IN ({allowed})"
    )
    condition = f"{row} IN (SELECT id FROM temp.probed WHERE typeof(value) NOT IN ({allowed}))"
    shown = "CAST(id AS INTEGER) <> id"
    fit = no_row(connection, table.name, [column], condition, "misfit", shown, not is_id, type=spelled)
    connection.exec_driver_sql("DROP TABLE temp.probed")
    return fit


def count_duplicates(connection: sa.Connection, table: str, columns: Sequence[str]) -> int:
    """Return how many values occur more than once; NULL never does."""
    names = listed(columns)
    return count(
        connection,
        f"SELECT count(*) FROM (SELECT 1 FROM {quote(table)} WHERE {_present(columns)} "
        f"GROUP BY {names} HAVING count(*) > 1)",
    )


def _present(columns: Iterable[str]) -> str:
    return " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)


def is_unique(connection: sa.Connection, table: str, columns: Sequence[str]) -> bool:
    """Return whether no value that must be unique occurs more than once."""
    here, names = was(connection, table) or table, [was(connection, table, name) or name for name in columns]
    see_them = f"SELECT {listed(names)}, count(*) FROM {quote(here)} WHERE {_present(names)} "
    see_them += f"GROUP BY {listed(names)} HAVING count(*) > 1"
    return note_duplicates(connection, here, names, count_duplicates(connection, table, columns), see_them)


def note_duplicates(connection: sa.Connection, table: str, columns: Sequence[str], values: int, query: str) -> bool:
    """Note that this many values occur more than once, unless it is known; return whether none does."""
    if values and not is_noted(connection, f"{table}.{listed(columns)}: ", "REINDEX"):
        occur = counted("duplicate", values)
        what = said("duplicate.what", table=table, columns=listed(columns), values=occur)
        note(connection, what, said("duplicate.todo"), query=query)
    return not values


def count_orphans(connection: sa.Connection, table: str, reference: Constraint, target_columns: Sequence[str]) -> int:
    """Return how many rows refer to nothing. Arguments: ``target_columns``, none where the target does not exist."""
    return count_where(connection, table, _orphan(table, reference, target_columns))


def _orphan(table: str, reference: Constraint, target_columns: Sequence[str]) -> str:
    child = quote(table)
    condition = " AND ".join(f"{child}.{quote(name)} IS NOT NULL" for name in reference.columns)
    if target_columns:
        pairs = zip(reference.columns, target_columns, strict=True)
        same = " AND ".join(f"target.{quote(there)} = {child}.{quote(here)}" for here, there in pairs)
        condition += f" AND NOT EXISTS (SELECT 1 FROM {quote(reference.target)} AS target WHERE {same})"
    return condition


def finds_all(
    connection: sa.Connection, table: str, reference: Constraint, target_columns: Sequence[str], by_id: bool = False
) -> bool:
    """Return whether every row that refers to a row of another table finds it.

    Arguments: ``target_columns``, none where the target does not exist; ``by_id``, whether rows came back to it.
    """
    orphan = _orphan(table, reference, target_columns)
    names = [was(connection, table, name) or name for name in reference.columns]
    if target := was(connection, reference.target):
        compared = quote(names[0]) if len(names) == 1 else f"({listed(names)})"
        there = [was(connection, reference.target, n) for n in target_columns or reference.target_columns or ("id",)]
        if not all(there):
            # A fault of the table that is referred to, and noted there.
            return False
        return no_row(
            connection,
            table,
            reference.columns,
            orphan,
            "orphan",
            f"{compared} NOT IN (SELECT {listed(there)} FROM {quote(target)})",
            by_id,
            target=target,
        )
    rows = count_where(connection, table, orphan)
    if rows:
        missing = reference.target
        note(
            connection,
            said("missing_table.what", table=missing),
            said("missing_table.todo") + may_be_table(connection, missing) + said("missing_table.backup"),
            f"{rows} of {was(connection, table) or table}.{listed(names)}",
            see(connection, table, reference.columns, _present(names), label=True),
        )
    return not rows
