"""What a database holds: rows and a checksum a table, which neither the order of rows nor that of columns changes.

The checksum is the sum of 64 bits a row. On PostgreSQL the server computes it (see ``checksums``), under settings of
ours, the same in every version; of a SQLite file it is computed here, of each row's SHA-256. What is computed of other
columns (generated ones) is left out, since a restore computes it anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import resources

import sqlalchemy as sa

from homecoming import catalog
from homecoming.backup import checksums
from homecoming.backup.manifest import Count
from homecoming.errors import Refused
from homecoming.history.bookkeeping import refuse_impostors, versions_of
from homecoming.language import Message, tr

# How a value is spelled must not depend on what a role, a database or a server has set.
SPELLING = (
    "SET LOCAL DateStyle = 'ISO, MDY'; SET LOCAL IntervalStyle = 'postgres'; SET LOCAL TimeZone = 'UTC'; "
    "SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL lc_monetary = 'C'; "
    "SET LOCAL row_security = off"
)

_UNSAID = {"no_parameters": True}
_ROWS_AT_A_TIME = 2000
_SIZE = 1 << 64


@dataclass(frozen=True)
class Table:
    """A table whose rows are part of a backup: ``name`` with its schema, as it is told; ``spelled``, as SQL has it.

    ``columns``, by name, as SQL has them, and ``kinds``, their types where a server has them of its own.
    """

    oid: int
    name: str
    spelled: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    bytes: int


@dataclass(frozen=True)
class State:
    """What a database is at one moment; ``method``, the checksum that its tables have."""

    revision: str | None
    fingerprint: str
    tables: dict[str, Count]
    method: str


def tables_of(connection: sa.Connection) -> list[Table]:
    """Return the tables of a database, by name.

    Errors: Refused where this role may not read all of them: what cannot be read is in no backup.
    """
    if connection.dialect.name == "sqlite":
        return list(_tables_of_file(connection))
    connection.exec_driver_sql(SPELLING, execution_options=_UNSAID)
    query = resources.files(__package__).joinpath("tables.sql").read_text("utf-8")
    found, closed = [], []
    lacks: dict[str, list[str]] = {}
    to = ""
    preparer = connection.dialect.identifier_preparer
    for oid, schema, name, kind, why, may_enter, may_read, role, size, columns, kinds in connection.exec_driver_sql(
        query, execution_options=_UNSAID
    ):
        if why:
            closed.append((f"{schema}.{name}", why))
            to = preparer.quote(role)
            if not may_enter:
                lacks.setdefault("USAGE ON SCHEMA", []).append(preparer.quote(schema))
            if not may_read:
                right = "SELECT ON SEQUENCE" if kind == "S" else "SELECT ON TABLE"
                lacks.setdefault(right, []).append(f"{preparer.quote(schema)}.{preparer.quote(name)}")
        elif kind == "r":
            quote = preparer.quote_identifier
            spelled = f"{quote(schema)}.{quote(name)}"
            found.append(Table(oid, f"{schema}.{name}", spelled, tuple(map(quote, columns)), tuple(kinds), size))
    if closed:
        first, why = closed[0]
        what = tr("{table} cannot be read by this role: {why}. A backup without it is none", table=first, why=why)
        if len(closed) > 1:
            what = tr(
                "{table} cannot be read by this role (and {count} more): {why}. A backup without it is none",
                table=first,
                count=len(closed) - 1,
                why=why,
            )
        todo = "; ".join(f"GRANT {right} {', '.join(dict.fromkeys(names))} TO {to}" for right, names in lacks.items())
        raise Refused(what, todo or tr("Make the backup as the owner of the table, or as a role with BYPASSRLS"))
    return found


def state_of(
    connection: sa.Connection,
    tables: list[Table] | None = None,
    check: Callable[[], None] = lambda: None,
    method: str | None = None,
) -> State:
    """Read where a database is, and count its rows, in the transaction of a connection.

    Arguments: ``tables``, where they were read before; ``check``, called after each table, which may raise;
    ``method``, the checksum of a backup that it is compared with, None for the best.
    Errors: Refused as ``tables_of``, where a name of ours is another's, and where the server has no such checksum.
    """
    refuse_impostors(connection)
    if method is None:
        method = checksums.best(connection)
    checksums.refuse_other_order(connection, method)
    tables = tables_of(connection) if tables is None else tables
    heads = versions_of(connection).get_current_heads()
    live = catalog.read(connection)
    counts = {}
    for table in tables:
        counts[table.name] = count(connection, table, method)
        check()
    return State(", ".join(sorted(heads)) or None, catalog.fingerprint(live), counts, method)


def count(connection: sa.Connection, table: Table, method: str) -> Count:
    """Count the rows of a table, and compute their checksum by a method."""
    if connection.dialect.name == "sqlite":
        return _count_in_file(connection, table)
    encoding = connection.exec_driver_sql("SHOW server_encoding", execution_options=_UNSAID).scalar_one()
    hashed = checksums.of_row(table.columns, table.kinds, method, encoding in ("UTF8", "SQL_ASCII"))
    query = f"SELECT count(*), coalesce(sum({hashed}), 0) FROM ONLY {table.spelled}"
    rows, total = connection.exec_driver_sql(query, execution_options=_UNSAID).one()
    return Count(rows, f"{int(total) % _SIZE:016x}")


def differences(there: State, revision: str | None, fingerprint: str, tables: dict[str, Count]) -> list[Message]:
    """Return what of a database is not as it has to be, a line each; no value of a row."""
    lines: list[Message] = []
    if there.revision != revision:
        had, has = revision or tr("none"), there.revision or tr("none")
        lines.append(tr("revision: {had} in the backup, {has} when restored", had=had, has=has))
    if there.fingerprint != fingerprint:
        had, has = fingerprint[:12], there.fingerprint[:12]
        lines.append(tr("fingerprint: {had} in the backup, {has} when restored", had=had, has=has))
    return lines + differences_of_rows(there.tables, tables)


def differences_of_rows(there: dict[str, Count], wanted: dict[str, Count]) -> list[Message]:
    """Return which tables are missing, are too many, or hold other rows, a line each."""
    lines: list[Message] = []
    for name in sorted({*there, *wanted}):
        here, had = there.get(name), wanted.get(name)
        if here is None:
            lines.append(tr("{name}: is missing", name=name))
        elif had is None:
            lines.append(tr("{name}: is not in the backup", name=name))
        elif here.rows != had.rows:
            lines.append(
                tr("{name}: {had} rows in the backup, {has} when restored", name=name, had=had.rows, has=here.rows)
            )
        elif here != had:
            lines.append(tr("{name}: {rows} rows, of which some are not the same", name=name, rows=had.rows))
    return lines


def _tables_of_file(connection: sa.Connection) -> Iterator[Table]:
    quote = connection.dialect.identifier_preparer.quote_identifier
    # What lies below a virtual table (full text, R-tree) is there in tables of its own.
    listed = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name"
    )
    for name in listed.scalars().all():
        columns = connection.exec_driver_sql("SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0", (name,))
        spelled = tuple(quote(column) for column in sorted(columns.scalars()))
        yield Table(0, name, quote(name), spelled, (), 0)


def _count_in_file(connection: sa.Connection, table: Table) -> Count:
    raw = connection.connection.dbapi_connection
    assert raw is not None
    # A text that is none, as a driver of another language may have stored it, is still the same bytes.
    raw.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
    rows = total = 0
    try:
        cursor = raw.cursor()
        cursor.execute(f"SELECT {', '.join(table.columns)} FROM {table.spelled}")
        while block := cursor.fetchmany(_ROWS_AT_A_TIME):
            for row in block:
                # The type counts: 1, 1.0 and '1' are three values.
                total += int.from_bytes(
                    hashlib.sha256(repr(row).encode("utf-8", "surrogateescape")).digest()[:8], "big", signed=True
                )
            rows += len(block)
    finally:
        raw.text_factory = str
    return Count(rows, f"{total % _SIZE:016x}")
