"""A run that is not kept: only the history itself knows what it can mend, so it is asked, and undone.

On PostgreSQL it is asked in the database, in a transaction that is rolled back; on SQLite on a copy of the file.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import sqlalchemy as sa
from alembic.script import Script

from homecoming.connection.locks import lock_run
from homecoming.history.configuration import configuration
from homecoming.language import tr
from homecoming.logs import shown
from homecoming.project import logger_name
from homecoming.rehearsal.giving_way import TRIES, giving_way
from homecoming.run.environment import Outcome, UnmendedError
from homecoming.run.migrate import migrate
from homecoming.settings import Settings

_RETIRED = re.compile(r"retired (row security|\S+) (.*?)(?: \((\d+) rows?\))?")


class Retired(NamedTuple):
    """A thing that a run takes out of the application's way; ``rows`` is None where it has none, such as an index."""

    revision: str
    kind: str
    name: str
    rows: int | None


class Changed(NamedTuple):
    """What else a run says, in English and as people are shown it."""

    revision: str
    text: str
    shown: str


@dataclass
class Effects(logging.Handler):
    """What a run said it did: what it retires, and the rest, each with its revision."""

    retired: list[Retired] = field(default_factory=list)
    changed: list[Changed] = field(default_factory=list)
    left_alone: list[str] = field(default_factory=list)
    revision: str = ""
    seconds: float = 0.0
    where: str = tr("before the first revision")
    at: str | None = None

    def __post_init__(self) -> None:
        super().__init__()

    __hash__ = logging.Handler.__hash__

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of the run's log."""
        text = record.getMessage()
        if record.name == logger_name("catalog"):
            self.left_alone.append(shown(record))
        elif record.name == logger_name("operations"):
            if found := _RETIRED.fullmatch(text):
                kind, name, rows = found.groups()
                self.retired.append(Retired(self.revision, kind, name, int(rows) if rows else None))
            else:
                self.changed.append(Changed(self.revision, text, shown(record)))

    def begin(self, revision: Script | None) -> None:
        """Note which revision it is that speaks."""
        self.at = revision.revision if revision is not None else None
        if revision is None:
            self.where = tr("in the checks after the last revision")
        else:
            self.revision = revision.revision
            self.where = tr("in revision {revision}", revision=self.revision)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the run's log in place of whoever else does, and the time."""
        logger = logging.getLogger(logger_name())
        before, level = logger.handlers, logger.level
        logger.handlers = [self]
        logger.setLevel(logging.INFO)
        began = time.monotonic()
        try:
            yield
        finally:
            self.seconds = time.monotonic() - began
            logger.handlers = before
            logger.setLevel(level)


def rehearse(connection: sa.Connection, direction: str, revision: str, settings: Settings, effects: Effects) -> Outcome:
    """Run an upgrade, a downgrade or a repair in the connection's transaction, which the caller rolls back.

    Returns what came of it. On a server the transaction is rolled back at once.
    Errors: HomecomingError and the driver's, as a run raises them, and GaveWayError; ``effects`` then has what came
    before.
    """
    # Somebody waits for an answer here: another run is waited for as briefly as a run waits for a table.
    brief = replace(settings, lock_wait=settings.lock_timeout, lock_timeout=min(settings.lock_timeout or TRIES, TRIES))
    with effects.listening(), giving_way(connection):
        lock_run(connection, brief)
        _keep_positions(connection)
        attributes = {"settings": brief, "section": effects.begin, "repair": direction == "repair"}
        config = configuration(connection=connection, **attributes)
        try:
            migrate(config, "downgrade" if direction == "downgrade" else "upgrade", revision)
        except UnmendedError as error:
            return error.outcome
    outcome: Outcome = config.attributes["outcome"]
    return outcome


def _keep_positions(connection: sa.Connection) -> None:
    """Give the register's sequence a place that a rollback takes back: what it counts outlives a rollback otherwise.

    It is the only one that a run asks for numbers (rows that move bring theirs, and migration_history is not written).
    """
    if connection.dialect.name != "postgresql":
        return
    sequence = connection.exec_driver_sql(
        "SELECT s.oid::regclass::text FROM pg_class r"
        " JOIN pg_depend d ON d.refobjid = r.oid AND d.deptype IN ('a', 'i')"
        " JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
        " WHERE r.relname = 'register' AND r.relnamespace = to_regnamespace('retired')"
    ).scalar()
    if sequence:
        number = connection.exec_driver_sql(f"SELECT last_value + is_called::integer FROM {sequence}").scalar_one()
        connection.exec_driver_sql(f"ALTER SEQUENCE {sequence} RESTART WITH {number}")
