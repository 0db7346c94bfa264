"""The last layer: where no client reaches the database, its own console does; the script is written for it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from datetime import date
from pathlib import Path

from homecoming.console import script_text, verify_text
from homecoming.errors import NoConnectionError, UsageError, why
from homecoming.language import mark, tr
from homecoming.logs import get_logger
from homecoming.project import project

log = get_logger("deploy")

INSTRUCTIONS = (
    mark("No client reaches the database: its own console does. In this order:"),
    mark("  1. Open it (Railway: the database, Data, Query)."),
    mark("  2. Paste all of {fix} and run it once. It is one statement: all of it happens, or nothing."),
    mark("  3. Paste all of {check}. It changes nothing."),
    mark(
        "  4. The last row says OK: done. FAIL names what differs; an error of step 2 has a hint, and changed nothing."
    ),
    mark("More, in Portuguese as well: docs/console.md"),
    mark("Keep both, and the folder {state}, out of the repository: docs/deploy.md has the lines for git"),
)


def write_scripts(direction: str, revision: str, error: NoConnectionError) -> NoConnectionError:
    """Write the console script and its check into the current folder, and print what to do with them.

    Returns the error to end with: the same exit code, with the script's path. Where no script can be written, the
    error as it was, with the command that prints one.
    """
    try:
        text = script_text(direction, revision)
    except UsageError:
        # A SQLite file among the variables, or a revision counted from where the database is.
        return error
    day = date.today().isoformat()
    way = "fix" if direction == "upgrade" else "rollback"
    try:
        fix = _write(f"{way}-{day}", text)
        check = _write(f"verify-{day}", verify_text())
    except OSError as failed:
        verb = "sql" if direction == "upgrade" else f"sql-rollback TO={revision}"
        return NoConnectionError(
            error.what,
            tr(
                "This folder cannot be written ({why}). On any machine: make {verb} > fix.sql, and paste it",
                why=why(failed),
                verb=verb,
            ),
        )
    for line in INSTRUCTIONS:
        log.info("%s", tr(line, fix=fix, check=check, state=project().state_folder))
    return NoConnectionError(
        error.what,
        tr("{todo}. Or paste {name} into the database's console, as said above", todo=error.todo, name=fix.name),
    )


def _write(stem: str, text: str) -> Path:
    """Write a file that is whole or not there; one of the same name that holds something else is left alone."""
    folder = Path.cwd()
    path = folder / f"{stem}.sql"
    number = 1
    while path.exists() and not _same(path, text):
        number += 1
        path = folder / f"{stem}-{number}.sql"
    handle, name = tempfile.mkstemp(prefix=f".{stem}-", suffix=".sql", dir=folder)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
    return path


def _same(path: Path, text: str) -> bool:
    try:
        return path.read_text("utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False
