"""What monitoring knows of one database at one moment: a value that health, metrics, alerts and the page judge.

Nothing in it is a row's data or a credential, so that whoever shows all of it shows no secret.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from homecoming.catalog.findings import Finding, Severity
from homecoming.errors import HomecomingError
from homecoming.history.lines import Line


@dataclass(frozen=True)
class Step:
    """A revision of the history on one database.

    Attributes: ``applied_at``, ``seconds`` and ``rows_retired`` of its last upgrade, None where migration_history does
    not tell; ``edited``, that its file is another than the one that ran.
    """

    revision: str
    title: str
    applied: bool
    applied_at: datetime | None = None
    seconds: float | None = None
    rows_retired: int | None = None
    edited: bool = False


@dataclass(frozen=True)
class Retired:
    """What is kept out of the application's way: its kind, its name, by which revision, how many rows or cells."""

    kind: str
    name: str
    revision: str
    rows: int | None
    retired_at: datetime


@dataclass(frozen=True)
class SequenceUse:
    """How much of its ids a table has given: the highest one given, and the highest that can be.

    Attributes: ``sequence``, where PostgreSQL takes them from, with its schema; the empty text on SQLite. Names are
    quoted where a statement needs it.
    """

    table: str
    column: str
    used: int
    limit: int
    sequence: str = ""
    is_identity: bool = False


@dataclass(frozen=True)
class LongTransaction:
    """A transaction that has been open for long: no text of a query, which may quote a row. ``pid`` ends it."""

    pid: int | None
    role: str | None
    application: str | None
    seconds: float
    prepared: str | None = None


@dataclass(frozen=True)
class Vitals:
    """What the server, or the file, tells of itself.

    Attributes: ``latency``, seconds of a round trip, the median of five; ``size`` and ``free`` in bytes, None where a
    server does not tell; ``invalid_indexes``, names, also of tables nobody knows; ``hidden_sessions``, how many there
    are whose transactions this role may not see.
    """

    version: str
    latency: float
    size: int | None
    free: int | None
    long_transactions: tuple[LongTransaction, ...] = ()
    invalid_indexes: tuple[str, ...] = ()
    sequences: tuple[SequenceUse, ...] = ()
    hidden_sessions: int = 0


@dataclass(frozen=True)
class Attempts:
    """How many attempts to connect a way has had, by their result (``connected`` or a class of failure)."""

    strategy: str
    result: str
    count: int
    seconds: float


@dataclass(frozen=True)
class LastRun:
    """How the last run ended, whatever it did: as the event ``run_ended`` told it."""

    run: str
    way: str
    direction: str
    result: str
    exit_code: int
    seconds: float
    ended_at: datetime
    lock_wait: float


@dataclass(frozen=True)
class Journal:
    """What the database itself cannot keep: see ``journal.py``.

    Attributes: ``behind_since``, when this database was first seen behind the head of this history; ``lock_wait``,
    seconds of all runs together.
    """

    attempts: tuple[Attempts, ...] = ()
    last_run: LastRun | None = None
    last_success: datetime | None = None
    lock_wait: float = 0.0
    behind_since: datetime | None = None


@dataclass(frozen=True)
class Backups:
    """What is known of a database's backups, from here.

    Attributes: ``count``; ``made_at`` and ``first_at``, when the newest and the oldest were made; ``proven_at``, when
    the newest was made that is proven; ``drilled_at``, of the last drill; ``size`` of the newest, in bytes;
    ``is_named``, whether a folder is named for them; ``is_nightly``, whether one was made by night.
    """

    count: int = 0
    made_at: datetime | None = None
    first_at: datetime | None = None
    proven_at: datetime | None = None
    drilled_at: datetime | None = None
    size: int | None = None
    is_named: bool = False
    is_nightly: bool = False


@dataclass(frozen=True)
class Problem:
    """Why a database could not be looked at: as an error says it."""

    what: str
    todo: str
    exit_code: int

    @classmethod
    def of(cls, error: HomecomingError) -> Problem:
        """Return an error as a value."""
        return cls(error.what, error.todo, error.exit_code)


@dataclass(frozen=True)
class Snapshot:
    """One look at one database.

    Attributes: ``database``, its name and place without credentials; ``problem``, why the rest is empty; ``revision``,
    None before the first; ``steps``, the whole history, first to last; ``findings``, drift first; ``empty``, that it
    has neither a revision nor a table of the application's; ``lines`` of migration_history, the oldest first;
    ``hidden``, which of ``lines`` and ``retired`` this role may not read: that there are none says nothing then.
    """

    taken_at: datetime
    database: str
    dialect: str
    head: str
    problem: Problem | None = None
    revision: str | None = None
    empty: bool = False
    steps: tuple[Step, ...] = ()
    findings: tuple[Finding, ...] = ()
    fingerprint: str = ""
    vitals: Vitals | None = None
    retired: tuple[Retired, ...] = ()
    lines: tuple[Line, ...] = ()
    hidden: frozenset[str] = frozenset()
    journal: Journal = field(default_factory=Journal)
    backups: Backups = field(default_factory=Backups)
    seconds: float = 0.0

    @property
    def pending(self) -> tuple[Step, ...]:
        """The revisions it has not had."""
        return tuple(step for step in self.steps if not step.applied)

    @property
    def drift(self) -> tuple[Finding, ...]:
        """The findings that matter."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.FAIL)

    @property
    def edited(self) -> tuple[Step, ...]:
        """The applied revisions whose file is another than the one that ran."""
        return tuple(step for step in self.steps if step.edited)
