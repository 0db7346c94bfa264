"""Duplicates under unique indexes, which a hand on `sqlite_master` lets in: no such index can be built again."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from homecoming.operations.messages import said
from homecoming.operations.sqlite.faults import note
from homecoming.operations.sqlite.live import count, read_table, table_names
from homecoming.operations.sqlite.missing import missing
from homecoming.operations.sqlite.rebuild import rebuild_if_changed
from homecoming.operations.sqlite.table import PRIMARY_KEY, UNIQUE, Table
from homecoming.operations.sqlite.text import index_terms, key, listed, quote
from homecoming.operations.sqlite.violations import watching

_UNIQUE = """
    SELECT l.name, m.sql, (SELECT group_concat(name, char(10)) FROM (
        SELECT name FROM pragma_index_xinfo(l.name) WHERE key ORDER BY seqno)) AS columns
    FROM pragma_index_list(?) AS l JOIN sqlite_master AS m ON m.type = 'index' AND m.name = l.name
    WHERE l."unique" ORDER BY m.rowid"""


@watching
def find_duplicates(connection: sa.Connection) -> None:
    """Note the rows that a unique index should not have let in, before the first change of a run.

    The index goes, or the constraint that made it: the run is refused at its end, and finds the rest until then.
    """
    for name in table_names(connection):
        if not (table := read_table(connection, name)):
            continue
        broken: list[list[str]] = []
        for index in connection.exec_driver_sql(_UNIQUE, (name,)).all():
            columns = str(index.columns).split("\n")
            terms, condition = index_terms(index.sql) if index.sql else ([quote(column) for column in columns], "")
            if _is_broken(connection, table, index.name, terms, condition, bool(index.sql)):
                if index.sql:
                    connection.exec_driver_sql(f"DROP INDEX {quote(index.name)}")
                else:
                    broken.append([key(column) for column in columns])
        rebuild_if_changed(
            connection,
            table,
            table.dropping(lambda c: c.kind in (PRIMARY_KEY, UNIQUE) and [*map(key, c.columns)] in broken),  # noqa: B023
        )


def _is_broken(
    connection: sa.Connection, table: Table, index: str, terms: Sequence[str], condition: str, is_own: bool
) -> bool:
    """Note the duplicates under an index; return whether there are any. Nothing here is read by an index.

    Args:
        connection: in the transaction of the run.
        table: that of the index.
        index: its name.
        terms: what is unique together.
        condition: of which rows; empty for all.
        is_own: whether a CREATE INDEX made it, and not a constraint.
    """
    present = " AND ".join([*([f"({condition})"] if condition else ()), *(f"{term} IS NOT NULL" for term in terms)])
    shown = ", ".join(dict.fromkeys([table.row_number or listed(table.primary_key), *terms]))
    twice = (
        f"SELECT * FROM (SELECT {shown}, {present} AND count(*) FILTER (WHERE {present}) "
        f"OVER (PARTITION BY {', '.join(terms)}) > 1 AS twice FROM {quote(table.name)} NOT INDEXED) WHERE twice"
    )
    try:
        rows = count(connection, f"SELECT count(*) FROM ({twice})")
    except sa.exc.OperationalError as error:
        # Only the application's own connections have what such an index needs.
        if missing(error):
            return False
        raise
    if rows:
        note(
            connection,
            said("duplicate_under_an_index.what", table=table.name, columns=", ".join(terms), rows=rows, index=index),
            said("duplicate_under_an_index.todo", index=index if is_own else table.name),
            query=twice,
        )
    return bool(rows)
