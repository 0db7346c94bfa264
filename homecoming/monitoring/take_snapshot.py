"""One look at the configured database: all that monitoring judges, read in one transaction that changes nothing."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from homecoming import catalog
from homecoming.connection.failures import meaning
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import Timeouts
from homecoming.connection.reach import reached
from homecoming.errors import HomecomingError, NoConnectionError
from homecoming.events import observed
from homecoming.history.bookkeeping import BOOKKEEPING, versions_of
from homecoming.history.configuration import configuration
from homecoming.history.lines import Line, edited, read_lines
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.monitoring import journal
from homecoming.monitoring.backups import read_backups
from homecoming.monitoring.recorder import Recorder
from homecoming.monitoring.retired import read_retired
from homecoming.monitoring.snapshot import Journal, Problem, Snapshot, Step
from homecoming.monitoring.vitals import vitals
from homecoming.preflight.preflight import refuse_foreign_database
from homecoming.settings import Settings

log = get_logger("monitoring")

# Seconds that a look may wait for an answer: who looks every minute, or stands before the page, will look again.
CONNECT_WITHIN = 10.0
ATTEMPTS = 2
ANSWER_WITHIN = 20.0

# Seconds of a whole look. A server that is frozen, or cut off in the middle of one, keeps no timeout of its own.
WITHIN = 40.0

# What a journal raises that cannot be written, or holds what no code of ours wrote, such as a word for a number.
UNREADABLE = (OSError, sqlite3.Error, TypeError, ValueError)

_Read = TypeVar("_Read")


def take_snapshot(settings: Settings, token: CancellationToken | None = None) -> Snapshot:
    """Look at the configured database.

    Arguments: ``token``, which ends the look.
    Returns the snapshot; where the database cannot be reached or is not this application's, ``problem`` says so.
    """
    began = time.monotonic()
    script = ScriptDirectory.from_config(configuration())
    recorder = Recorder()
    snapshot = _base(settings, script)
    brief = replace(
        settings,
        connect_limit=min(settings.connect_limit, CONNECT_WITHIN),
        connect_timeout=min(settings.connect_timeout, CONNECT_WITHIN / 2),
        connect_attempts=min(settings.connect_attempts, ATTEMPTS),
        lock_wait=min(settings.lock_wait, settings.lock_timeout),
    )
    try:
        with (
            _ended_within(WITHIN, token or CancellationToken()) as watched,
            observed(recorder),
            reached(brief, read_only=True, token=watched) as endpoint,
        ):
            snapshot = _read(endpoint.connection, settings, snapshot, script)
    except HomecomingError as error:
        snapshot = replace(snapshot, problem=Problem.of(error))
    except sa.exc.DBAPIError as error:
        snapshot = replace(snapshot, problem=Problem.of(meaning(error)))
    snapshot = replace(snapshot, journal=_journal(settings, snapshot, recorder))
    return replace(snapshot, seconds=time.monotonic() - began)


@contextlib.contextmanager
def _ended_within(seconds: float, token: CancellationToken) -> Iterator[CancellationToken]:
    """End what is waited for inside when the time is up.

    Errors: NoConnectionError where it was; otherwise those of what is inside.
    """
    overdue = threading.Event()

    def end() -> None:
        overdue.set()
        token.cancel()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield token
    except Exception:
        if not overdue.is_set():
            raise
        raise NoConnectionError(
            tr("the database has not answered within {seconds:g} seconds", seconds=seconds),
            tr("See why, step by step: make doctor"),
        ) from None
    finally:
        timer.cancel()


def offline_snapshot(settings: Settings, why: Problem) -> Snapshot:
    """Return what is known of a database without looking at it, since ``why``."""
    snapshot = _base(settings, ScriptDirectory.from_config(configuration()))
    snapshot = replace(snapshot, problem=why)
    return replace(snapshot, journal=_journal(settings, snapshot, Recorder()))


def _base(settings: Settings, script: ScriptDirectory) -> Snapshot:
    head = script.get_current_head()
    assert head is not None
    steps = tuple(
        Step(revision.revision, revision.doc, applied=False) for revision in reversed(list(script.walk_revisions()))
    )
    url = settings.database_url
    here = settings.candidates[0].place
    known = read_backups(settings)
    return Snapshot(datetime.now(UTC), here, url.get_backend_name(), head, steps=steps, backups=known)


def _read(connection: sa.Connection, settings: Settings, snapshot: Snapshot, script: ScriptDirectory) -> Snapshot:
    _bound(connection, settings)
    migration = versions_of(connection)
    refuse_foreign_database(connection, migration, script)
    heads = migration.get_current_heads()
    live = catalog.read(connection)
    lines, retired = _may(connection, read_lines), _may(connection, read_retired)
    at = heads[0] if heads else None
    return replace(
        snapshot,
        revision=at,
        empty=at is None and not (live.tables - BOOKKEEPING),
        steps=_steps(snapshot.steps, at, lines or (), script),
        # Of one that is behind, what differs is what the pending revisions are for.
        findings=tuple(catalog.verify(connection, live)) if at == snapshot.head else (),
        fingerprint=catalog.fingerprint(live),
        vitals=vitals(connection),
        retired=tuple(retired or ()),
        lines=tuple(lines or ()),
        hidden=frozenset(name for name, found in (("lines", lines), ("retired", retired)) if found is None),
    )


def _bound(connection: sa.Connection, settings: Settings) -> None:
    """Wait for nobody long, such as a run that holds the tables, and change nothing."""
    if connection.dialect.name == "postgresql":
        timeouts = Timeouts(min(ANSWER_WITHIN, settings.statement_timeout or ANSWER_WITHIN), settings.lock_timeout)
        connection.exec_driver_sql(timeouts.settings)
    else:
        connection.exec_driver_sql("PRAGMA query_only = ON")


def _may(connection: sa.Connection, reader: Callable[[sa.Connection], _Read]) -> _Read | None:
    """Read what this role may be forbidden to; None where it is."""
    if connection.dialect.name == "sqlite":
        return reader(connection)
    try:
        with connection.begin_nested():
            return reader(connection)
    except sa.exc.ProgrammingError:
        return None


def _steps(steps: Sequence[Step], at: str | None, lines: Sequence[Line], script: ScriptDirectory) -> tuple[Step, ...]:
    changed = {revision.revision for revision in edited(lines, script)}
    last = {line.revision: line for line in lines if line.direction == "upgrade"}
    had = _had(steps, at)
    return tuple(
        replace(
            step,
            applied=True,
            edited=step.revision in changed,
            applied_at=line.applied_at if (line := last.get(step.revision)) else None,
            seconds=line.seconds if line else None,
            rows_retired=line.rows_retired if line else None,
        )
        if step.revision in had
        else step
        for step in steps
    )


def _had(steps: Sequence[Step], at: str | None) -> set[str]:
    """Return the revisions up to where the database is: the history is one line."""
    revisions = [step.revision for step in steps]
    return set(revisions[: revisions.index(at) + 1]) if at else set()


def _journal(settings: Settings, snapshot: Snapshot, recorder: Recorder) -> Journal:
    """Write this look's attempts, and what it saw, into the journal, and read it; an empty one where that fails."""
    database = snapshot.database
    with contextlib.suppress(*UNREADABLE), journal.opened(settings.monitoring.state) as opened:
        journal.add_attempts(opened, database, recorder.attempts)
        if snapshot.problem is None:
            journal.set_behind(opened, database, snapshot.head, snapshot.revision != snapshot.head)
        return journal.read(opened, database)
    return Journal()
