"""What was sent to an empty database, to be sent to another: the same tables and rows for a fraction of the time.

Most of what `lineage.build` takes is SQLAlchemy's: it compiles a hundred statements, asks for each table whether it is
there, and reads all of them back to fill them. What comes of it is the same in every empty database, so it is kept for
the process as the text that went over the wire, a list a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import sqlalchemy as sa
from psycopg2.extensions import encodings

Sent = tuple[str, Any]
"""A statement with its parameters; on PostgreSQL they are in its text."""

_KEPT: dict[Hashable, list[list[Sent]]] = {}

# What a user makes has a number from here on. The last is how the driver wrote the texts that are kept.
EMPTY = {
    "postgresql": "SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)"
    " AND NOT EXISTS (SELECT FROM pg_type WHERE oid >= 16384)"
    " AND current_setting('standard_conforming_strings') = 'on'",
    "sqlite": "SELECT NOT EXISTS (SELECT * FROM sqlite_master)",
}


def once(engine: sa.Engine, key: Hashable, work: Callable[[], None]) -> None:
    """Do `work` on a database: itself, or by what it sent to the first empty one where this one is empty as well.

    `key` says what the work does; it must depend on nothing else.
    """
    with engine.connect() as connection:
        is_empty = bool(connection.exec_driver_sql(EMPTY[engine.dialect.name]).scalar())
    if not is_empty:
        work()
        return
    key = (engine.dialect.name, key)
    if key not in _KEPT:
        _KEPT[key] = _recorded(engine, work)
        return
    for transaction in _KEPT[key]:
        _send(engine, transaction)


def _recorded(engine: sa.Engine, work: Callable[[], None]) -> list[list[Sent]]:
    """Do `work`, and return what it sent; what only looked is left out."""
    transactions: list[list[Sent]] = [[]]

    def note(_connection: Any, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.split(None, 1)[0].upper() in ("CREATE", "ALTER", "INSERT"):
            if engine.dialect.name == "postgresql":
                statement, parameters = cursor.query.decode(encodings[cursor.connection.encoding]), None
            transactions[-1].append((statement, parameters))

    def end(_connection: Any) -> None:
        transactions.append([])

    sa.event.listen(engine, "after_cursor_execute", note)
    sa.event.listen(engine, "commit", end)
    try:
        work()
    finally:
        sa.event.remove(engine, "after_cursor_execute", note)
        sa.event.remove(engine, "commit", end)
    return [transaction for transaction in transactions if transaction]


def _send(engine: sa.Engine, transaction: list[Sent]) -> None:
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            text = ";\n".join(statement for statement, _ in transaction)
            connection.exec_driver_sql(text, execution_options={"no_parameters": True})
            return
        for statement, parameters in transaction:
            connection.exec_driver_sql(statement, parameters)
