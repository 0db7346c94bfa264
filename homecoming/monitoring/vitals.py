"""What the server, or the file, tells of itself: how far away and how large it is, and what goes wrong unnoticed there.

Two round trips on PostgreSQL, and five for the latency; no row is read but the highest number of an indexed column.
"""

from __future__ import annotations

import functools
import shutil
import sqlite3
import statistics
import time
from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

import sqlalchemy as sa

from homecoming.catalog.trust import unread
from homecoming.connection.sqlite_file import place_of
from homecoming.monitoring.snapshot import LongTransaction, SequenceUse, Vitals

ROUND_TRIPS = 5

# Seconds. A request is answered in less; a report may take it.
LONG = 60.0

# SQLite's rowid is a signed number of 64 bits.
ROWID_LIMIT = 2**63 - 1

# The text has no parameters: without this the driver would take a % in it for one.
_PLAIN = {"no_parameters": True}

# The end of a column that rises, and of one that falls.
_END = {True: "max(?)::numeric", False: "-(min(?)::numeric)"}


def vitals(connection: sa.Connection, long: float = LONG) -> Vitals:
    """Ask a PostgreSQL server or a SQLite file about itself. Nothing is changed, and no lock is waited for.

    Arguments: ``long``, seconds a transaction has to be open to be told.
    Errors: the driver's.
    """
    latency = _latency(connection)
    if connection.dialect.name == "sqlite":
        return _sqlite(connection, latency)
    return _postgresql(connection, latency, long)


def _latency(connection: sa.Connection) -> float:
    """Return the median of a few round trips, in seconds: the first may have a BEGIN before it."""
    seconds = []
    for _ in range(ROUND_TRIPS):
        began = time.perf_counter()
        connection.exec_driver_sql("SELECT 1").close()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def _postgresql(connection: sa.Connection, latency: float, long: float) -> Vitals:
    facts: dict[str, list[dict[str, Any]]] = {"transaction": [], "invalid index": [], "ids": []}
    for kind, fact in connection.exec_driver_sql(_statement(), execution_options=_PLAIN):
        facts.setdefault(kind, []).append(fact)
    server = facts["server"][0]
    return Vitals(
        # Distributions say which package it is behind the number.
        version=f"PostgreSQL {server['version'].split()[0]}",
        latency=latency,
        size=server["size"],
        free=None,
        long_transactions=tuple(_long(facts["transaction"], long)),
        hidden_sessions=server["hidden"],
        invalid_indexes=tuple(sorted(fact["name"] for fact in facts["invalid index"])),
        sequences=tuple(_sequences(connection, facts["ids"])),
    )


@functools.cache
def _statement() -> str:
    text = resources.files(__package__).joinpath("vitals.sql").read_text("utf-8")
    return text.replace("{unread}", unread())


def _long(transactions: Iterable[Mapping[str, Any]], long: float) -> list[LongTransaction]:
    """Return the transactions that are open for so many seconds, the oldest first."""
    found = [
        LongTransaction(
            pid=fact.get("pid"),
            role=fact["role"],
            application=fact.get("application") or None,
            seconds=float(fact["seconds"]),
            prepared=fact.get("prepared"),
        )
        for fact in transactions
        if fact["seconds"] >= long
    ]
    return sorted(found, key=lambda transaction: -transaction.seconds)


def _sequences(connection: sa.Connection, ids: list[dict[str, Any]]) -> list[SequenceUse]:
    """Return how much is used of each column's numbers, in the order of tables.

    That is the last number given or, where rows came with numbers of their own, the highest there is.
    """
    ids = sorted(ids, key=lambda fact: (fact["table"], fact["column"]))
    highest = _highest(connection, [fact for fact in ids if fact["is_indexed"]])
    uses = []
    for fact in ids:
        name = fact["table"], fact["column"]
        given = (fact["given"] or 0) * (1 if fact["is_rising"] else -1)
        used = max(0, given, highest.get(name, 0))
        uses.append(SequenceUse(*name, used, int(fact["limit"]), fact["sequence"], fact["is_identity"]))
    return uses


def _highest(connection: sa.Connection, ids: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """Return the highest number of each column, all in one round trip; of a falling one, the lowest without its sign.

    A column without a row is not in it.
    """
    if not ids:
        return {}
    ends = [
        f"(SELECT {_END[fact['is_rising']].replace('?', fact['column'])} FROM public.{fact['table']})" for fact in ids
    ]
    numbers = connection.exec_driver_sql(f"SELECT ARRAY[{', '.join(ends)}]", execution_options=_PLAIN).scalar_one()
    names = [(fact["table"], fact["column"]) for fact in ids]
    return {name: int(number) for name, number in zip(names, numbers, strict=True) if number is not None}


def _sqlite(connection: sa.Connection, latency: float) -> Vitals:
    size = connection.exec_driver_sql(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
    ).scalar_one()
    file = place_of(connection)
    return Vitals(
        version=f"SQLite {sqlite3.sqlite_version}",
        latency=latency,
        size=size,
        # A database in memory has no file.
        free=shutil.disk_usage(file.parent).free if file else None,
        sequences=tuple(_rowids(connection)),
    )


def _rowids(connection: sa.Connection) -> list[SequenceUse]:
    """Return the highest number of each table whose key is its rowid, or the last one that AUTOINCREMENT gave."""
    given: dict[str, int] = {}
    if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'").scalar():
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        given = {row.name: row.seq for row in rows}
    uses = []
    for table, column in connection.exec_driver_sql(_ROWID_KEYS).all():
        quote = connection.dialect.identifier_preparer.quote_identifier
        highest = connection.exec_driver_sql(f"SELECT max({quote(column)}) FROM main.{quote(table)}").scalar()
        uses.append(SequenceUse(table, column, max(0, highest or 0, given.get(table) or 0), ROWID_LIMIT))
    return uses


# Where the key is not the rowid (WITHOUT ROWID, several columns, another type) it has an index of its own. A virtual
# table has no page, and its columns may not be asked where its module is missing.
_ROWID_KEYS = """
    SELECT m.name, k.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS k
    WHERE m.type = 'table' AND m.rootpage > 0 AND substr(m.name, 1, 7) <> 'sqlite_' AND k.pk = 1
      AND upper(k.type) = 'INTEGER'
      AND NOT EXISTS (SELECT 1 FROM pragma_index_list(m.name) WHERE origin = 'pk')
    ORDER BY m.name
"""
