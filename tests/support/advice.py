"""Advice is code: every command in a message is taken out of it, and run where the message was said.

A refusal leaves the database as it was, so what it advises has to work there: the SELECT shows as many rows as the
message counts, the ALTER TABLE passes. What runs a refusal (`command.run`, `history.upgrade`, a paste, the fixture
`run`) hands it on to `try_out`, which runs each statement in a transaction that it rolls back.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from homecoming.connection import prepare_sqlite
from homecoming.database_url import parse_url
from tests.support import servers

VERB = re.compile(
    r"(?<![\w'\"])(?:SELECT|ALTER|DROP|GRANT|REVOKE|CREATE|UPDATE|DELETE|INSERT|REINDEX|REFRESH|SET|RESET)\s"
    r"(?=[A-Za-z\"(*{%])|(?<![\w'\"])(?:COMMIT|ROLLBACK) PREPARED (?=['{])"
)
# Where a sentence may go on after a statement.
_END = re.compile(r"[;,.)]|\s(?:or|and|then|as)\b|$", re.MULTILINE)
# What stands between two statements of which the second is for the time after the first.
_NEXT = re.compile(r"; (?:if \S+ is it: )?")
_ANEW = re.compile(r" -- Anew[^\n]*")
# What the reader fills in.
_VALUE = re.compile(r"= \.\.\.")
_BLANK = re.compile(r"(?<=\s)\.\.\.|<[a-z_ ]+>")
_COUNTED = re.compile(r"\b(\d+) (?:rows?|values?|cells?)\b")
# The rows that are in the way are to be corrected before, which nobody can do but the reader.
_AFTER_CORRECTING = re.compile(r"Correct them, REINDEX INDEX ")

NOT_ALLOWED = "42501"

# What no rollback takes back: run by tests/integration/test_advised_sql.py and others, where nothing is to be kept.
_STAYS = re.compile(r"\bpg_terminate_backend\(|\bPREPARED '|\bCONCURRENTLY ")

TRIED: list[str] = []
"""The statements that were run in this test, for the count that the suite prints."""

_NAME_OR_VALUE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\b\d+\b|\b[a-z_]\w*\b""")
_LIST = re.compile(r"_(?:(?:, |\.)_)+")


def template(statement: str) -> str:
    """Return a statement with `_` for each name, value and list of them: what is left is how the message is made."""
    return _LIST.sub("_", _NAME_OR_VALUE.sub("_", statement))


def summarise(reporter: Any) -> None:
    """Say at the end of a run of tests how much of what refusals advise was run."""
    run = [
        statement
        for reports in reporter.stats.values()
        for report in reports
        if getattr(report, "when", "") == "teardown"
        for name, value in report.user_properties
        if name == "advice"
        for statement in value
    ]
    if run:
        reporter.write_line(f"advice: {len(run)} statements run, {len(set(map(template, run)))} distinct templates")


def carry_out(database: sa.Engine, message: str) -> list[str]:
    """Run what a message advises for good, as its reader does: statement by statement, each its own transaction.

    Returns the statements.
    """
    found = list(statements(message))
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in found:
            connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
    TRIED.extend(found)
    return found


def statements(text: str) -> Iterator[str]:
    """The SQL statements in a message: the longest text from a verb on that PostgreSQL's grammar takes as one."""
    for sequence in sequences(text):
        yield from sequence


def sequences(text: str) -> list[list[str]]:
    """The statements in a message; those with nothing but a semicolon between them are to be run one after another."""
    postgast = pytest.importorskip("postgast", reason="postgast has no wheel for a Mac with an Intel processor")
    # What is for the time after the run stands behind a comment's mark.
    text = _ANEW.sub("", text)
    found_here: list[list[str]] = []
    place = 0
    while found := VERB.search(text, place):
        goes_on = bool(found_here) and _NEXT.fullmatch(text[place : found.start()]) is not None
        place = found.end()
        for end in sorted({end.start() for end in _END.finditer(text, found.end())}, reverse=True):
            statement = _BLANK.sub("painel_outro", _VALUE.sub("= NULL", text[found.start() : end]))
            try:
                parsed = postgast.parse(statement.replace(" char(", " chr(").replace(" NOT INDEXED)", ")"))
            except postgast.PgQueryError:
                continue
            if len(parsed.stmts) == 1:
                if goes_on:
                    found_here[-1].append(statement)
                else:
                    found_here.append([statement])
                place = end
                break
    return found_here


def try_out(database: sa.Engine | sa.Connection | sa.URL | str, message: str) -> None:
    """Run what a message advises, each statement by itself, and leave nothing of it.

    Args:
        database: where the message was said, as it is now; a connection where only its transaction sees that.
        message: what happened, and what to do, in one text.

    Raises:
        AssertionError: a statement fails there, or shows another number of rows than the message counts.
    """
    found = [sequence for sequence in sequences(message) if not _STAYS.search(" ".join(sequence))]
    if not found:
        return
    if isinstance(database, str | sa.URL):
        database = _engine(database)
    if database.dialect.name == "sqlite" and isinstance(database, sa.Engine):
        prepare_sqlite(database)
    counts = [int(number) for number in _COUNTED.findall(message)]
    # A SELECT that groups shows a row a value; one that joins shows a row with each that took its place.
    selects = [each for [each, *_] in found if re.match(r"SELECT (?!.* (GROUP BY|LEFT JOIN) )", each)]
    with contextlib.nullcontext(database) if isinstance(database, sa.Connection) else database.connect() as connection:
        for sequence in found:
            statement = sequence[0]
            TRIED.extend(sequence)
            rows = _rows(connection, sequence, message)
            if rows is None or "pg_" in statement:
                continue
            if statement in selects and len(selects) == len(counts):
                assert rows == counts[selects.index(statement)], f"{rows} rows: {statement}\n{message}"
            assert rows, f"shows no row: {statement}\n{message}"


def _engine(url: sa.URL | str) -> sa.Engine:
    return sa.create_engine(parse_url(url, "here") if isinstance(url, str) else url, poolclass=NullPool)


def _rows(connection: sa.Connection, sequence: list[str], message: str) -> int | None:
    """Run statements and roll them back; return how many rows the last gives, None where it is none that gives any.

    SET is for the statements after it, and stays as long as the connection.
    """
    transaction = connection.begin_nested() if connection.in_transaction() else connection.begin()
    rows = None
    try:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        for statement in sequence:
            result = connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
            rows = len(result.fetchall()) if result.returns_rows else None
            if statement.startswith("SET "):
                transaction.commit()
                transaction = connection.begin()
        return rows
    except sa.exc.DBAPIError as error:
        if _AFTER_CORRECTING.search(message) and statement.startswith("REINDEX "):
            return None
        user = connection.engine.url.username
        if getattr(error.orig, "pgcode", None) != NOT_ALLOWED or user == servers.USER:
            raise AssertionError(f"the advice fails: {error.orig}\n{statement}\n{message}") from None
    finally:
        if transaction.is_active:
            transaction.rollback()
    # Said to a role that has to ask another one.
    with _engine(connection.engine.url.set(username=servers.USER, password=None)).connect() as above:
        return _rows(above, sequence, message)
