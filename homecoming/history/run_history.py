"""`migration_history`: what every run writes about itself, on either dialect, in the run's own transaction.

On PostgreSQL the helpers of ``history.sql`` do it, so that a pasted script writes the same lines as a command.
"""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import Script

from homecoming import catalog
from homecoming.events import current_run
from homecoming.logs import get_logger
from homecoming.operations.batch import answered
from homecoming.operations.copies import ENDINGS
from homecoming.operations.guarded import HEARD, Heard, prepare, send
from homecoming.operations.literals import call, literal
from homecoming.project import project

log = get_logger("deploy")


# Where a run has left a database, by dialect: the revisions, with commas between them, and the fingerprint of its last
# line; none where the role may not do with every table what the application does.
LEFT = {
    "postgresql": """SELECT (SELECT string_agg(version_num, ',') FROM public.alembic_version),
    (SELECT fingerprint_after FROM public.migration_history WHERE has_schema_privilege('public', 'USAGE') AND NOT EXISTS
        (SELECT FROM pg_class, unnest('{SELECT,INSERT,UPDATE,DELETE}'::text[]) AS r (may)
         WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT has_table_privilege(oid, may))
     ORDER BY id DESC LIMIT 1)""",
    "sqlite": """SELECT (SELECT group_concat(version_num, ',') FROM alembic_version),
    (SELECT fingerprint_after FROM migration_history ORDER BY id DESC LIMIT 1)""",
}


def revision_sha256(revision: Script) -> str:
    """Return the SHA-256 of a revision's file, in hexadecimal; line ends do not count, which Git may change."""
    return hashlib.sha256(Path(revision.path).read_bytes().replace(b"\r\n", b"\n")).hexdigest()


@dataclass(frozen=True)
class Saved:
    """What a run notes of a backup before it.

    Attributes: ``mode``, auto or require; ``revision``, where the database was, None for none; ``file`` and ``sha256``,
    empty where none was made; ``seconds`` that it took; ``begun``, called once the run holds the lock of runs.
    """

    mode: str
    revision: str | None
    file: str
    sha256: str
    seconds: float
    begun: Callable[[], None] = lambda: None

    @property
    def line(self) -> dict[str, Any]:
        """The columns of its line that a run's other lines fill by themselves."""
        return {
            "revision": self.revision or "base",
            "direction": f"backup {self.mode}",
            "seconds": self.seconds,
            "revision_sha256": self.sha256,
            "rows_retired": 0,
        }


@dataclass(frozen=True)
class Purged:
    """What is noted where retired rows were deleted for good: at which revision, and how many."""

    revision: str | None
    rows: int

    @property
    def line(self) -> dict[str, Any]:
        """As of ``Saved``."""
        direction = {"direction": "purge", "seconds": 0.0, "revision_sha256": ""}
        return {"revision": self.revision or "base", **direction, "rows_retired": self.rows}


class History(Protocol):
    """What a run tells, in this order; the lines are written at its end, before the commit."""

    def begin_run(self) -> None:
        """Note the state that the run finds."""

    def begin_revision(self, revision: Script, direction: str, until: str) -> None:
        """Say that a revision begins; ``direction`` is upgrade, downgrade or stamp, ``until`` where the run ends."""

    def end_revision(self, revision: Script) -> None:
        """Note how long it took, and what it retired."""

    def end_run(self) -> None:
        """Write the lines, with the state that the run leaves."""


def history_of(
    migration: MigrationContext, way: str | None, heard: Heard | None = None, beside: Saved | Purged | None = None
) -> History:
    """Return the history of the database of a migration.

    Arguments: ``way`` of the run: command, alembic, start-up or console; None for one that leaves no lines;
    ``heard``, who hears of each revision when it runs, or is printed; ``beside``, what has a line of its own: the
    backup before it, a purge.
    """
    if migration.dialect.name == "postgresql":
        return _PostgreSQL(migration, way, heard, beside)
    # What works on a file is nothing to a run that prints statements.
    from homecoming.history.sqlite import HistoryOnSQLite

    assert migration.connection is not None
    return HistoryOnSQLite(migration.connection, way, heard, beside)


@dataclass
class _PostgreSQL:
    migration: MigrationContext
    way: str | None
    heard: Heard | None = None
    beside: Saved | Purged | None = None
    direction: str = ""

    def begin_run(self) -> None:
        if connection := self._connection:
            connection.info[HEARD] = self.heard
        prepare(self.migration)
        for statement in helpers():
            send(self.migration, statement)
        if connection:
            # What a fault may be called now is asked of head. A pasted script learns it for its check, too.
            connection.exec_driver_sql("CALL pg_temp.learn_head()")
            if run := current_run():
                # By what the log calls the run, its lines are found. A pasted script has no log.
                connection.exec_driver_sql("SELECT set_config('homecoming.run', %s, true)", (run,))
        # A script that is pasted has its SHA-256 in place of NULL.
        if self.way:
            self._call("begin_run", self.way, project().version, None)
            self._note_beside()
        else:
            self._call("lift_settings")
            self._call("refuse_foreign_code")

    def begin_revision(self, revision: Script, direction: str, until: str) -> None:
        self.direction = direction
        if self.migration.as_sql and self.heard:
            self.heard.begun(revision.revision)
        self._call("begin_revision", revision.revision, *([] if direction == "upgrade" else [direction, until]))
        if direction == "downgrade":
            self._call("begin_way_back")

    def end_revision(self, revision: Script) -> None:
        if self.way:
            self._call("end_revision", revision.revision, revision_sha256(revision))

    def end_run(self) -> None:
        # Before the lines: what was noted refuses the run, all of it at once.
        self._call("refuse_faults")
        self._call("note_changes")
        if self.way:
            self._call("end_run")
        answered(self.migration)
        if connection := self._connection:
            del connection.info[HEARD]

    def _note_beside(self) -> None:
        if self.beside is not None and (connection := self._connection):
            # No helper does it: a script that is pasted makes no backup.
            line = self.beside.line
            columns, values = ", ".join(line), ", ".join(f":{name}" for name in line)
            connection.execute(
                sa.text(
                    f"INSERT INTO pg_temp.applied ({columns}, applied_at) VALUES ({values}, transaction_timestamp())"
                ),
                line,
            )

    @property
    def _connection(self) -> sa.Connection | None:
        return None if self.migration.as_sql else self.migration.connection

    def _call(self, name: str, *arguments: str | None) -> None:
        send(self.migration, call(name, arguments))


@cache
def helpers() -> tuple[str, ...]:
    """Return the statements that make the helpers of a run on PostgreSQL."""
    transitional = [f"{revision} {column}" for revision, columns in project().former.transitional for column in columns]
    # A literal that goes on in the next line is one.
    listed = "\n".join(map(literal, textwrap.wrap(f"{{{', '.join(transitional)}}}", 100, drop_whitespace=False)))
    facts = {
        "last_by_hand": f"{project().former.last_revision:04d}",
        "transitional": listed,
        "endings": literal(ENDINGS),
    }
    made = [catalog.helpers()]
    for room, name in (("run", "locks.sql"), ("history", "history.sql")):
        text = resources.files("homecoming").joinpath(room, name).read_text("utf-8").strip()
        for fact, value in facts.items():
            text = text.replace(f"{{{fact}}}", value)
        made.append(text)
    return tuple(made)
