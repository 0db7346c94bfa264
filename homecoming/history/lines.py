"""The lines of `migration_history`, read back alike from either dialect, and what they tell about edited revisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from alembic.script import Script, ScriptDirectory

from homecoming.history.configuration import configuration
from homecoming.history.run_history import revision_sha256
from homecoming.language import tr

if TYPE_CHECKING:
    from homecoming.catalog import Finding


@dataclass(frozen=True, slots=True)
class Line:
    """A revision applied, taken back or stamped: a row of the table, with its columns as docs/architecture.md has them.

    Or a purge: ``direction`` is that, ``revision`` where the database was, ``rows_retired`` how many were deleted.
    Or a backup before a run: ``direction`` is backup, and how it was asked for; ``revision`` is where the database was,
    ``revision_sha256`` is the file's, empty where none was made.

    ``applied_at`` is aware, ``seconds`` and ``rows_retired`` are numbers; ``role`` and ``application_name`` are None on
    SQLite, ``script_sha256`` is None but for a pasted script.
    """

    id: int
    run: str
    revision: str
    direction: str
    applied_at: datetime
    seconds: float
    way: str
    role: str | None
    application_name: str | None
    project_version: str
    script_sha256: str | None
    revision_sha256: str
    fingerprint_before: str
    fingerprint_after: str
    rows_retired: int


class Edited(NamedTuple):
    """A revision whose file is another than the one that ran: the SHA-256 of either, in hexadecimal."""

    revision: str
    sha256_ran: str
    sha256_file: str


# What a line of a revision says; others tell what a run did besides.
RAN = frozenset({"upgrade", "downgrade", "stamp"})

_COLUMNS = tuple(field.name for field in fields(Line))

_IS_THERE = {
    "postgresql": "SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('public.migration_history')"
    " AND attnum > 0 AND NOT attisdropped AND attname::text = ANY (string_to_array('{names}', ','))",
    "sqlite": "SELECT count(*) FROM pragma_table_xinfo('migration_history')"
    " WHERE instr(',{names},', ',' || name || ',') > 0",
}


def read_lines(connection: sa.Connection) -> list[Line]:
    """Return every line, the oldest first: two round trips.

    Returns none where the table is missing, or where the name is another's.
    Errors: the driver's, where it may not be read.
    """
    postgresql = connection.dialect.name == "postgresql"
    there = _IS_THERE[connection.dialect.name].replace("{names}", ",".join(_COLUMNS))
    if connection.exec_driver_sql(there, execution_options={"no_parameters": True}).scalar() != len(_COLUMNS):
        return []
    table = "public.migration_history" if postgresql else "main.migration_history"
    rows = connection.exec_driver_sql(f"SELECT {', '.join(_COLUMNS)} FROM {table} ORDER BY id")
    return [_line(row._asdict()) for row in rows]


def edited(lines: Iterable[Line], script: ScriptDirectory) -> list[Edited]:
    """Return each applied revision whose file has changed since it was last applied, in the order of the history.

    One that was taken back since does not count, nor does one that was only stamped, or that has no file any more.

    Arguments: ``lines``, the oldest first, as ``read_lines`` gives them; ``script``, where the files are.
    """
    ran: dict[str, str] = {}
    for line in lines:
        if line.direction == "upgrade":
            ran[line.revision] = line.revision_sha256
        elif line.direction == "downgrade":
            ran.pop(line.revision, None)
    files: list[Script] = list(script.walk_revisions())
    return [
        Edited(file.revision, ran[file.revision], now)
        for file in reversed(files)
        if file.revision in ran and (now := revision_sha256(file)) != ran[file.revision]
    ]


def edited_findings(connection: sa.Connection) -> list[Finding]:
    """Return a note for each applied revision whose file was edited since; none where the history may not be read."""
    from homecoming.catalog import Finding, Severity, reasons

    script = ScriptDirectory.from_config(configuration())
    try:
        with connection.begin_nested():
            found = edited(read_lines(connection), script)
    except sa.exc.ProgrammingError:
        # The application's user need not be able to.
        return []
    return [
        Finding(
            "revision",
            revision,
            tr("the file that ran, SHA-256 {ran}", ran=ran),
            tr("the file with the SHA-256 {now}", now=now),
            Severity.NOTE,
            reasons.EDITED,
            tr(
                "git log -p -- alembic/versions/{name}, then make repair",
                name=Path(script.get_revision(revision).path).name,
            ),
        )
        for revision, ran, now in found
    ]


def _line(row: dict[str, Any]) -> Line:
    at = row["applied_at"]
    if not isinstance(at, datetime):
        # SQLite's CURRENT_TIMESTAMP is UTC, and a text.
        at = datetime.fromisoformat(at)
    at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    return Line(**(row | {"run": str(row["run"]), "applied_at": at, "seconds": float(row["seconds"])}))
