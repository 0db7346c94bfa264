"""The live catalogue: reading it, comparing it with head, and telling its state by one number."""

import functools

import sqlalchemy as sa

from homecoming.catalog import elsewhere as other_schemas
from homecoming.catalog import postgresql, rows, sqlite
from homecoming.catalog import references as behind_keys
from homecoming.catalog.access import open_to_all
from homecoming.catalog.compare import compare
from homecoming.catalog.elsewhere import elsewhere
from homecoming.catalog.expected import expected
from homecoming.catalog.facts import Catalogue, Fact
from homecoming.catalog.findings import Finding, Severity
from homecoming.catalog.fingerprint import fingerprint
from homecoming.catalog.helpers import helpers
from homecoming.catalog.references import orphans
from homecoming.catalog.rows import invalid_labels, positions
from homecoming.catalog.verdict import verdict_statement

__all__ = [
    "Catalogue",
    "Fact",
    "Finding",
    "Severity",
    "compare",
    "elsewhere",
    "expected",
    "fingerprint",
    "head",
    "helpers",
    "invalid_labels",
    "orphans",
    "positions",
    "read",
    "verdict_statement",
    "verify",
]

_READERS = {"postgresql": postgresql.read, "sqlite": sqlite.read}


def read(connection: sa.Connection) -> Catalogue:
    """Read the catalogue of the database ``connection`` is to.

    Raises:
        ValueError: it is neither PostgreSQL nor SQLite.
        sqlalchemy.exc.DBAPIError: it cannot be read.
    """
    if (reader := _READERS.get(connection.dialect.name)) is None:
        raise ValueError(f"no catalogue reader for {connection.dialect.name}: only postgresql and sqlite")
    return reader(connection)


@functools.cache
def head(dialect_name: str) -> Catalogue:
    """Return what a database of ``dialect_name`` holds at head."""
    return expected(dialect_name)


def verify(connection: sa.Connection, live: Catalogue | None = None, references: bool = False) -> list[Finding]:
    """Compare the database with head: its catalogue, its sequences' positions, its enum values.

    Three round trips on PostgreSQL. Nothing is written.

    Args:
        live: what ``read(connection)`` gave, where the caller needs it too: that saves the first round trip.
        references: whether each valid foreign key is looked behind, which reads its table. What looks every minute,
            or holds tables, does without.

    Returns:
        The findings, drift first; a database at head gives none, or notes only.

    Raises:
        ValueError: it is neither PostgreSQL nor SQLite.
        sqlalchemy.exc.DBAPIError: it cannot be read.
    """
    live = read(connection) if live is None else live
    wanted = head(connection.dialect.name)
    findings = [
        *other_schemas.check(connection),
        *compare(wanted, live),
        *rows.check(connection, wanted, live),
        *open_to_all(connection, wanted),
        *(behind_keys.check(connection, wanted, live) if references else ()),
    ]
    return sorted(findings, key=lambda finding: finding.order)
