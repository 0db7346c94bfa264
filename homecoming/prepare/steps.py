"""Which steps there are for a database, as it tells them itself: one SELECT, which `make sql-prepare` prints, too."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources
from typing import Any

import sqlalchemy as sa

from homecoming.catalog import postgresql, verdict
from homecoming.language import localized, tr

# Bytes that a row of a table nobody has analysed is taken to have.
_ROW = 100

# What takes a lock that customers feel gives up after so long, well before a server looks for deadlocks.
_BRIEF = "BEGIN SET LOCAL lock_timeout = 50; "

NOUNS = {"column": "NOT NULL"}
"""What a step makes, where it is no thing of its own."""


@dataclass(frozen=True)
class Step:
    """What is made ahead for one thing that head has.

    Attributes:
        kind: Of the thing: index, unique, primary key, foreign key, or column for its NOT NULL.
        object: Its name at head: `table.name`.
        table: Whose rows are read for it.
        rows: About how many these are.
        name: What it is called until a run adopts it.
        parts: The statements that make it, each a transaction of its own.
        undo: The statement that takes it away.
        is_done: Whether it is there, and waits for a run.
    """

    kind: str
    object: str
    table: str
    rows: int
    name: str
    parts: tuple[str, ...]
    undo: str
    is_done: bool

    @property
    def is_index(self) -> bool:
        """Whether an index is built for it, which waits for every snapshot that is older."""
        return self.kind in ("index", "unique", "primary key")

    @property
    def label(self) -> str:
        """The thing as people are told it."""
        return f"{NOUNS.get(self.kind, self.kind)} {self.object}"


@dataclass(frozen=True)
class Leftover:
    """What was made ahead and is still there, whole or half made, and the statement that takes it away."""

    table: str
    what: str
    is_done: bool
    undo: str


# A row a thing, for the command; a row a statement, for who pastes them.
_THINGS = """
SELECT s.kind, s.object, s.tbl, s.rows, s.name, array_remove(s.parts, NULL) AS parts, s.ends, s.is_done
FROM step AS s ORDER BY s.rows DESC, s.tbl, s.place, s.object"""
_STATEMENTS = """
SELECT (row_number() OVER w)::text AS place, concat(p.part, ';') AS statement,
       concat(CASE s.kind WHEN 'column' THEN 'NOT NULL' ELSE s.kind END, ' ', s.object, ' (', s.rows, ')') AS thing
FROM step AS s CROSS JOIN unnest(s.parts) WITH ORDINALITY AS p (part, number)
WHERE NOT s.is_done AND s.rows > 0 AND p.part IS NOT NULL
WINDOW w AS (ORDER BY s.rows DESC, s.tbl, s.place, s.object, p.number) ORDER BY row_number() OVER w"""

_HEADER = tr(
    "What can be made ahead of the console script, while everybody goes on working. One SELECT: it changes nothing. "
    "Paste the statement of each row by itself, in their order, outside a transaction; one that ends with a lock "
    "timeout, again. Then paste what make sql prints: it finds what was made, and has less to do under its locks. An "
    "upgrade that does not come after all: make prepare-undo."
)


@functools.cache
def _filled(name: str) -> str:
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8").rstrip()
    return verdict.filled(text, prepared=postgresql.PREPARED, brief=_BRIEF, row=str(_ROW))


def _with_facts(template: str) -> str:
    head = verdict.head_query(verdict.head(), for_run=True)
    return verdict.filled(template, facts=postgresql.facts(access=False), head=head)


def script() -> str:
    """Return the SELECT that tells the statements, to paste; its rows are place, statement and thing.

    Raises:
        ValueError: Head holds what the text cannot carry.
    """
    listed = verdict.bare(verdict.filled(_filled("steps.sql"), shown=_STATEMENTS))
    return verdict.to_paste(localized(_HEADER), _with_facts(listed), ("place", "statement", "thing"))


def steps(connection: sa.Connection, least: int = 0) -> list[Step]:
    """Return the steps for tables of at least so many rows; those of the largest first. Nothing is written.

    Raises:
        sqlalchemy.exc.DBAPIError: As the driver says it.
    """
    found = [
        Step(kind, thing, table, rows, name, tuple(parts), undo, is_done)
        for kind, thing, table, rows, name, parts, undo, is_done in _asked(
            connection, _with_facts(verdict.filled(_filled("steps.sql"), shown=_THINGS))
        )
    ]
    return [step for step in found if step.rows >= least]


def leftovers(connection: sa.Connection) -> list[Leftover]:
    """Return what was made ahead and no run has adopted. Raises: as `steps`."""
    return [Leftover(*row) for row in _asked(connection, _filled("left.sql"))]


def _asked(connection: sa.Connection, query: str) -> Any:
    return connection.exec_driver_sql(postgresql.PLAINLY + query, execution_options={"no_parameters": True})
