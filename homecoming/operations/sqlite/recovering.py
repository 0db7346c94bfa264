"""Rows that only a copy holds: back into the table, as far as they fit."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import sqlalchemy as sa

from homecoming.operations.sqlite import faults
from homecoming.operations.sqlite.identity import same_key
from homecoming.operations.sqlite.live import count, counted, log, read_table
from homecoming.operations.sqlite.rebuild import insert_rows, rebuild_if_changed
from homecoming.operations.sqlite.table import FOREIGN_KEY, Column, Table
from homecoming.operations.sqlite.text import key, listed, meaning, quote, whole
from homecoming.operations.sqlite.values import normalized
from homecoming.project import project


def recover_rows(connection: sa.Connection, source: str, target: str) -> None:
    """Insert the rows whose ids ``target`` lacks, as far as they fit; those that do not stay where they are, reported.

    Text is brought to the labels of the schema's enums. A row does not fit that has no value where one is needed, one
    that is no label, is too long or is taken, or one that refers to nothing; nor one whose natural key is there. What
    the schema does not need any more may be NULL.
    """
    copy, live = read_table(connection, source), read_table(connection, target)
    if copy is None or live is None or not copy.has("id"):
        return
    new = quote(live.name)
    missing = f"source.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {new} AS target WHERE target.id = source.id)"
    there = count(connection, f"SELECT count(*) FROM {quote(copy.name)} AS source WHERE {missing}")
    if not there:
        return
    into: dict[str, str] = {}
    conditions = [
        missing,
        *(f"NOT EXISTS (SELECT 1 FROM {new} AS target WHERE {same})" for same in same_key(copy, live)),
    ]
    loosened = live
    # Where a copy, or the table itself, still calls a column by another name of its.
    names = project().former.names
    others = {**names, **{new: old for old, new in names.items()}}
    for column in live.columns:
        found = copy.column(column.name) or copy.column(others.get(key(column.name), column.name))
        if column.generated or (found is None and (column.default is not None or not column.not_null)):
            continue
        if found is None and not _needs(live.name, column.name):
            loosened = loosened.replacing(column.name, dataclasses.replace(column, not_null=""))
            continue
        if found is None:
            log.warning("%s: no row can go back to %s, which needs %s", copy.name, live.name, column.name)
            return
        into[column.name], fits = _fitting(connection, live, column, f"source.{quote(found.name)}")
        conditions += fits
    rebuild_if_changed(connection, live, loosened)
    back = insert_rows(
        connection,
        live.name,
        f"INSERT OR IGNORE INTO {new} ({listed(into)}) SELECT {', '.join(into.values())} "
        f"FROM {quote(copy.name)} AS source WHERE {' AND '.join(conditions)}",
    )
    if back:
        faults.feed(connection, live.name)
        log.info("%s: %s back from %s", live.name, counted(back, "row", "rows"), copy.name)
    if there - back:
        log.warning("%s: %s not back from %s", live.name, counted(there - back, "row is", "rows are"), copy.name)


def _fitting(connection: sa.Connection, live: Table, column: Column, value: str) -> tuple[str, list[str]]:
    """Return SQL for what a value becomes in a column, and the conditions that it fits."""
    conditions = [f"{value} IS NOT NULL"] if column.not_null else []
    if key(column.name) == "id":
        conditions.append(whole(value))
    labels = _labels(live.name, column.name)
    if labels:
        label = normalized(value, labels)
        conditions.append(f"({value} IS NULL OR {label} IS NOT NULL)")
        return label, conditions
    words = meaning(column.type).split()
    if words[:1] == ["varchar"] and len(words) > 2:
        conditions.append(f"({value} IS NULL OR length({value}) <= {int(words[2])})")
    for reference in live.of_kind(FOREIGN_KEY):
        parent = read_table(connection, reference.target)
        there = (reference.target_columns or parent.primary_key) if parent else ()
        if parent and reference.is_on([column.name]) and len(there) == 1:
            conditions.append(f"({value} IS NULL OR {value} IN (SELECT {quote(there[0])} FROM {quote(parent.name)}))")
    return value, conditions


def _needs(table: str, column: str) -> bool:
    """Whether the schema needs a value in a column of a known table."""
    known = project().metadata.tables.get(table)
    return known is None or (column in known.columns and not known.columns[column].nullable)


def _labels(table: str, column: str) -> Sequence[str]:
    """Return the labels of an enum column of the schema: SQLite's catalogue does not know them."""
    known = project().metadata.tables.get(table)
    kind = known.columns[column].type if known is not None and column in known.columns else None
    return kind.enums if isinstance(kind, sa.Enum) else ()
