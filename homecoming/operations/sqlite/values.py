"""Values: brought to the labels of an enum, replaced by rule, and given back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from homecoming.operations.sqlite import cells
from homecoming.operations.sqlite.faults import no_row
from homecoming.operations.sqlite.live import counted, log, read_table
from homecoming.operations.sqlite.parts import taking
from homecoming.operations.sqlite.rebuild import change_rows, rebuild_if_changed
from homecoming.operations.sqlite.respelled import mind_values
from homecoming.operations.sqlite.table import CHECK, Table
from homecoming.operations.sqlite.text import BLANKS, key, literal, meaning, quote


def normalized(value: str, labels: Iterable[str]) -> str:
    """Return SQL for the first label that a value equals but for case and surrounding blanks; NULL where none is."""
    first: dict[str, str] = {}
    for label in labels:
        first.setdefault(key(label), label)
    return mapped(value, first)


def mapped(value: str, pairs: Mapping[str, str]) -> str:
    """Return SQL for what a value becomes, found without case and surrounding blanks; NULL where it is in no pair."""
    whens = " ".join(f"WHEN {literal(key(old))} THEN {literal(new)}" for old, new in pairs.items())
    return f"CASE lower(trim({value}, {BLANKS})) {whens} END"


def normalize_labels(connection: sa.Connection, table: Table, column: str, labels: Iterable[str]) -> None:
    """Give every row the label that its value means, and keep what it was; what means none is left to a check."""
    name, label = quote(column), normalized(quote(column), labels)
    if found := table.column(column):
        cells.archive_cells(connection, "cells", table, found, unnormalized(column, labels))
    rows = change_rows(
        connection,
        table.name,
        f"UPDATE {quote(table.name)} SET {name} = {label} WHERE {unnormalized(column, labels)}",
    )
    log.info("%s.%s: %s folded to a label", table.name, column, counted(rows, "row", "rows"))


def unnormalized(column: str, labels: Iterable[str]) -> str:
    """Return the SQL condition that a value means a label and is not spelled like it."""
    label = normalized(quote(column), labels)
    return f"{label} IS NOT NULL AND {quote(column)} IS NOT {label}"


def release_checks(connection: sa.Connection, table: Table, column: str) -> Table:
    """Take down the checks that a column is in, which may know its old values only; return the table without them."""
    return taking(connection, table, lambda constraint: constraint.kind == CHECK and constraint.is_about(column))


def replace_values(connection: sa.Connection, table: str, column: str, mapping: Mapping[str, str]) -> None:
    """Give values that equal a key of ``mapping``, but for case and surrounding blanks, the value beside it.

    The original cells are kept.
    """
    live = read_table(connection, table)
    found = live.column(column) if live else None
    if live is None or found is None:
        return
    name, value = quote(column), mapped(quote(column), mapping)
    condition = f"{value} IS NOT NULL AND {name} IS NOT {value}"
    mind_values(connection, live.name, column, value, condition)
    words = meaning(found.type).split()
    if words[0:1] == ["varchar"] and len(words) > 1:
        longer = f"{condition} AND length({value}) > {int(words[2])}"
        if not no_row(connection, live.name, [column], longer, "replaced", condition, True):
            return
    if cells.archive_cells(connection, "cells", live, found, condition):
        rebuild_if_changed(connection, live, release_checks(connection, live, column))
        change_rows(connection, live.name, f"UPDATE {quote(live.name)} SET {name} = {value} WHERE {condition}")


def give_back(connection: sa.Connection, live: Table, column: str, only: Callable[[str], str] = lambda _: "1") -> None:
    """Give rows the cells that were kept when they were given another value, the latest first.

    Arguments: ``only``, which of them, as the SQL condition for the SQL of a kept value.
    """
    for entry, archive in cells.kept(connection, "cells", f"{live.name}.{column}"):
        value = cells.kept_value([archive], column, live)
        source = f"SELECT 1 FROM {quote(archive.name)} AS kept WHERE {cells.identity_match(archive, live, column)}"
        condition = f"EXISTS ({source}) AND {only(value)}"
        change_rows(connection, live.name, f"UPDATE {quote(live.name)} SET {quote(column)} = {value} WHERE {condition}")
        cells.release(connection, entry, archive, column, live)
