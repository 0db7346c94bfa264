"""Rows that refer to none, behind foreign keys that say of themselves that there are no such rows.

PostgreSQL looks when a row is written, and never again. What was written while session_replication_role was replica, or
by a restore with triggers off, was not looked at, and the key stays valid.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import sqlalchemy as sa

from homecoming.catalog import reasons
from homecoming.catalog.facts import Catalogue, Fact
from homecoming.catalog.findings import Finding, Severity
from homecoming.language import tr, trn

# A table that is larger is not read for a look: this much takes some seconds a key.
BOUND = 1 << 30

# What the verdict in SQL says, too.
LARGE = tr("not looked at, since the table has more than 1 GB")

_PLAIN = re.compile(r"FOREIGN KEY \((?P<column>\S+)\) REFERENCES (?P<target>\S+)\(id\)")

# Where a policy hides rows, nobody can say which are missing.
_SIZES = """
SELECT relname, pg_table_size(oid) FROM pg_class
WHERE relnamespace = to_regnamespace('public') AND relkind = 'r' AND NOT row_security_active(oid)
"""


class Orphans(NamedTuple):
    """Rows of one key that refer to none; ``found`` is None where the table is too large to look."""

    key: Fact
    column: str
    target: str
    found: int | None

    @property
    def seen(self) -> str:
        """The SELECT that shows exactly these rows."""
        return f"SELECT id, {self.column} FROM {self.rows()}"

    @property
    def question(self) -> str:
        """The query that counts them."""
        return f"SELECT '{self.key.name}', count(*) FROM {self.rows('public.')}"

    def rows(self, schema: str = "") -> str:
        """The rows, as they stand behind FROM."""
        return (
            f"{schema}{self.key.table} c WHERE {self.column} IS NOT NULL "
            f"AND NOT EXISTS (SELECT FROM {schema}{self.target} t WHERE t.id = c.{self.column})"
        )


def orphans(connection: sa.Connection, wanted: Catalogue, live: Catalogue) -> list[Orphans]:
    """Return what is found behind the keys of head that are as head has them; on SQLite nothing: a run looks there."""
    if connection.dialect.name != "postgresql":
        return []
    sizes: dict[str, int] = dict(map(tuple, connection.exec_driver_sql(_SIZES)))
    asked = [each for each in _keys(wanted, live) if {each.key.table, each.target} <= sizes.keys()]
    small = [each for each in asked if sizes[each.key.table] <= BOUND]
    counts: dict[str, int] = {}
    if small:
        queries = " UNION ALL ".join(each.question for each in small)
        answers = connection.exec_driver_sql(queries, execution_options={"no_parameters": True})
        counts = dict(map(tuple, answers))
    told = [each._replace(found=counts.get(each.key.name)) for each in asked]
    return [each for each in told if each.found != 0]


def check(connection: sa.Connection, wanted: Catalogue, live: Catalogue) -> list[Finding]:
    """Return the findings about such rows: a failure for each key that has some, a note where nobody looked."""
    return [_finding(each) for each in orphans(connection, wanted, live)]


def _keys(wanted: Catalogue, live: Catalogue) -> Iterator[Orphans]:
    for fact in wanted.of_kind("foreign key"):
        plain = _PLAIN.fullmatch(fact.definition)
        there = live.get(fact.key)
        if plain is None or there is None or there.definition != fact.definition:
            continue
        if live.may_read(fact.table) and live.may_read(plain["target"]):
            yield Orphans(fact, plain["column"], plain["target"], None)


def _finding(each: Orphans) -> Finding:
    wanted = tr("every {column} in {target}.id", column=each.column, target=each.target)
    if each.found is None:
        run = tr("See whether there are others: {seen}", seen=each.seen)
        return Finding("rows", each.key.name, wanted, LARGE, Severity.NOTE, reasons.LARGE, run)
    rows = trn("{n} row with another", "{n} rows with another", each.found)
    run = tr("Restore or correct them, then: make verify. See them: {seen}", seen=each.seen)
    return Finding("rows", each.key.name, wanted, rows, Severity.FAIL, reasons.ORPHAN, run)
