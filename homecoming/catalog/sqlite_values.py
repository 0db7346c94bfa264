"""Values that SQLite stores and the application cannot load: any column holds any value there, whatever its type.

What a type loads is asked of SQLAlchemy's own type, so that nothing here has to be kept in step with it; what it hands
on unseen, as it does a number or a text, has to be of the storage class below. One pass a table.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa

from homecoming.catalog import reasons
from homecoming.catalog.facts import Catalogue
from homecoming.catalog.findings import Finding, Severity
from homecoming.language import tr, trn
from homecoming.schema.dialects import schema_for

# By what a column's values are in Python: the storage classes that are handed on as they are, and whether all others
# are lost. Where they are not, the type makes something of them, or fails.
_STORED: dict[type, tuple[tuple[str, ...], bool]] = {
    int: (("integer",), True),
    float: (("integer", "real"), True),
    bool: (("integer",), True),
    str: (("text",), True),
    bytes: (("blob",), True),
}
# A type makes a number of every number.
_SURE = {"Decimal": ("integer", "real")}

# So many rows are named one by one where no condition tells them.
_NAMED = 500

_FUNCTION = "homecoming_cannot_load"


class _Column(NamedTuple):
    table: str
    name: str
    type: Any
    others: str
    condition: str
    is_stored_as_is: bool


def counts(
    connection: sa.Connection, live: Catalogue, labels: Mapping[str, tuple[str, str]]
) -> tuple[dict[str, tuple[int, int]], list[Finding]]:
    """Count in one pass a table the values of every enum that are no label, and of every column what cannot be loaded.

    Args:
        labels: for each enum column, as ``table.column``, two SQL conditions: that a value is another than a label, and
            that it is none in any spelling.

    Returns:
        The two counts of each enum column, and the findings about the other columns.
    """
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, sqlite3.Connection)
    encoding = str(connection.exec_driver_sql("PRAGMA encoding").scalar_one())
    dialect = connection.dialect
    processors: list[Callable[[Any], Any] | None] = []
    driver.create_function(_FUNCTION, 3, _judge(processors, encoding), deterministic=True)
    invalid: dict[str, tuple[int, int]] = {}
    findings: list[Finding] = []
    for table in schema_for("sqlite").tables.values():
        there = live.columns_of(table.name)
        columns = [
            _column(dialect, table.name, column, processors)
            for column in table.columns
            if column.name in there and not isinstance(column.type, sa.Enum)
        ]
        enums = [f"{table.name}.{column.name}" for column in table.columns if f"{table.name}.{column.name}" in labels]
        enums = [name for name in enums if name.split(".")[1] in there]
        asked = [column.condition for column in columns]
        asked += [condition for name in enums for condition in labels[name]]
        if not asked:
            continue
        totals = ", ".join(f"count(CASE WHEN {condition} THEN 1 END)" for condition in asked)
        found = list(_select(connection, f"SELECT {totals} FROM {_quote(dialect, table.name)}").one())
        for place, name in enumerate(enums):
            at = len(columns) + 2 * place
            invalid[name] = found[at], found[at + 1]
        for column, rows in zip(columns, found, strict=False):
            if rows:
                findings.append(_finding(connection, column, rows, "id" if "id" in there else "rowid"))
    return invalid, findings


def _column(
    dialect: sa.Dialect, table: str, column: sa.Column[Any], processors: list[Callable[[Any], Any] | None]
) -> _Column:
    """Return how to ask for the values of a column that cannot be loaded."""
    value = _quote(dialect, column.name)
    processors.append(column.type.dialect_impl(dialect).result_processor(dialect, None))
    python = column.type.python_type
    stored, only = _STORED.get(python, (_SURE.get(python.__name__, ()), False))
    others = f"typeof({value}) NOT IN ({', '.join(map(repr, ('null', *stored)))})"
    number = len(processors) - 1
    seen = f"{_FUNCTION}({number}, typeof({value}), CASE typeof({value}) WHEN 'text' THEN CAST({value} AS BLOB)"
    seen += f" ELSE {value} END)"
    if not only:
        condition = f"({others} AND {seen})"
    elif python is str:
        # Text in ASCII alone is what it is; only other text can be no UTF-8.
        condition = f"({others} OR ({_beyond_ascii(value)} AND {seen}))"
    else:
        condition = others
    return _Column(table, column.name, column.type, others, condition, bool(stored))


def _beyond_ascii(value: str) -> str:
    other = f"{value} GLOB '*[^' || char(1) || '-' || char(127) || ']*'"
    return f"({other} OR length({value}) <> length(CAST({value} AS BLOB)))"


def _judge(processors: list[Callable[[Any], Any] | None], encoding: str) -> Callable[[int, str, Any], bool]:
    """Return what says of a value, a text as its bytes, whether loading it fails."""

    def cannot_load(number: int, kind: str, value: Any) -> bool:
        processor = processors[number]
        try:
            if kind == "text":
                # SQLite itself makes UTF-8 of a text in another encoding, and mends it on the way.
                value = value.decode() if encoding == "UTF-8" else value.decode(encoding, "replace")
            if processor is not None:
                processor(value)
        except Exception:
            return True
        return False

    return cannot_load


def _finding(connection: sa.Connection, column: _Column, rows: int, key: str) -> Finding:
    """Return the finding about ``rows`` rows, with a SELECT that shows exactly these."""
    dialect = connection.dialect
    table, name = _quote(dialect, column.table), _quote(dialect, column.name)
    plain = _select(
        connection, f"SELECT count(*) FROM {table} WHERE {column.others} AND {column.condition}"
    ).scalar_one()
    others = _select(connection, f"SELECT count(*) FROM {table} WHERE {column.others}").scalar_one()
    is_cut = False
    if column.is_stored_as_is and plain == others == rows:
        shown = column.others
    else:
        keys = _select(
            connection, f"SELECT {key} FROM {table} WHERE {column.condition} ORDER BY {key} LIMIT {_NAMED}"
        ).scalars()
        shown = f"{key} IN ({', '.join(str(int(number)) for number in keys)})"
        is_cut = rows > _NAMED
    seen = f"SELECT {key}, typeof({name}), {name} FROM {table} WHERE {shown}"
    run = (
        tr("Correct them, then: make verify. See them (the first {limit}): {seen}", limit=_NAMED, seen=seen)
        if is_cut
        else tr("Correct them, then: make verify. See them: {seen}", seen=seen)
    )
    declared = column.type.compile(dialect)
    found = trn("{n} row with a value that cannot be loaded", "{n} rows with a value that cannot be loaded", rows)
    wanted = tr("only values of {type}", type=declared)
    return Finding("rows", f"{column.table}.{column.name}", wanted, found, Severity.FAIL, reasons.UNLOADABLE, run)


def _quote(dialect: sa.Dialect, name: str) -> str:
    return dialect.identifier_preparer.quote(name)


def _select(connection: sa.Connection, statement: str) -> sa.CursorResult[Any]:
    return connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
