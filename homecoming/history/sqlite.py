"""`migration_history` on SQLite, whose lines are written here: no helpers of a server do it."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from alembic.script import Script

from homecoming import catalog
from homecoming.errors import Refused
from homecoming.events import current_run
from homecoming.history.bookkeeping import make_way
from homecoming.history.run_history import Purged, Saved, revision_sha256
from homecoming.language import tr
from homecoming.operations.foreseen import is_by_hand
from homecoming.operations.guarded import Heard
from homecoming.operations.sqlite import changes, check_foreign_keys, collect, find_duplicates
from homecoming.operations.sqlite.live import kind_of
from homecoming.operations.sqlite.register import REVISION, rows_of
from homecoming.operations.sqlite.violations import DIRECTION
from homecoming.project import project


@dataclass
class HistoryOnSQLite:
    """What a run on a file tells: a `History`, which writes its lines itself."""

    connection: sa.Connection
    way: str | None
    heard: Heard | None = None
    beside: Saved | Purged | None = None
    lines: list[dict[str, Any]] = field(default_factory=list)
    before: str = ""
    began: float = 0.0
    direction: str = ""
    retired: int = 0

    def begin_run(self) -> None:
        collect(self.connection)
        if self.way is not None:
            self._refuse_another_history()
        if self.beside is not None:
            self.lines.append(self.beside.line)
        self.before = catalog.fingerprint(catalog.read(self.connection))

    def _refuse_another_history(self) -> None:
        name = "migration_history"
        kind = kind_of(self.connection, name)
        columns = self.connection.exec_driver_sql("SELECT name FROM pragma_table_xinfo(?)", (name,)).scalars()
        if kind and (kind != "table" or "fingerprint_after" not in set(columns)):
            raise Refused(
                tr("the name {name} is taken by something that is not this project's", name=name),
                make_way(self.connection, name),
            )

    def begin_revision(self, revision: Script, direction: str, _until: str) -> None:
        is_first, self.direction = not self.direction, direction
        if self.heard:
            self.heard.begun(revision.revision)
        self.connection.info[REVISION] = revision.revision
        self.connection.info[DIRECTION] = direction
        if direction == "upgrade":
            changes.begin(self.connection)
        if is_first and direction == "upgrade" and is_by_hand(revision.revision):
            find_duplicates(self.connection)
        self.began = time.monotonic()
        self.retired = rows_of(self.connection, revision.revision)

    def end_revision(self, revision: Script) -> None:
        if self.direction == "upgrade":
            changes.note_changes(self.connection)
        elif self.direction == "downgrade":
            changes.forget(self.connection)
        retired = max(0, rows_of(self.connection, revision.revision) - self.retired)
        seconds = round(time.monotonic() - self.began, 3)
        if self.heard:
            self.heard.ended(revision.revision, seconds, retired)
        self.lines.append(
            {
                "revision": revision.revision,
                "direction": self.direction,
                "seconds": seconds,
                "revision_sha256": revision_sha256(revision),
                "rows_retired": retired,
            }
        )

    def end_run(self) -> None:
        check_foreign_keys(self.connection)
        if self.way is None:
            return
        run = {
            "run": current_run() or str(uuid.uuid4()),
            "way": self.way,
            "project_version": project().version,
            "before": self.before,
            "after": catalog.fingerprint(catalog.read(self.connection)),
        }
        for statement in _SQLITE_TABLE:
            self.connection.exec_driver_sql(statement)
        for line in self.lines:
            self.connection.execute(_SQLITE_LINE, run | line)


_SQLITE_TABLE = (
    """CREATE TABLE IF NOT EXISTS migration_history (
    id INTEGER NOT NULL PRIMARY KEY,
    run TEXT NOT NULL,
    revision TEXT NOT NULL,
    direction TEXT NOT NULL,
    applied_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
    seconds NUMERIC NOT NULL,
    way TEXT NOT NULL,
    role TEXT,
    application_name TEXT,
    project_version TEXT NOT NULL,
    script_sha256 TEXT,
    revision_sha256 TEXT NOT NULL,
    fingerprint_before TEXT NOT NULL,
    fingerprint_after TEXT NOT NULL,
    rows_retired INTEGER NOT NULL
)""",
    *(
        f"CREATE TRIGGER IF NOT EXISTS migration_history_no_{verb.lower()} BEFORE {verb} ON migration_history "
        "BEGIN SELECT RAISE(ABORT, 'migration_history is only ever added to'); END"
        for verb in ("UPDATE", "DELETE")
    ),
)

_SQLITE_LINE = sa.text(
    "INSERT INTO migration_history (run, revision, direction, seconds, way, project_version, revision_sha256,"
    " fingerprint_before, fingerprint_after, rows_retired) VALUES (:run, :revision, :direction, :seconds, :way,"
    " :project_version, :revision_sha256, :before, :after, :rows_retired)"
)
