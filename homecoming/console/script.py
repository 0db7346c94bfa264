"""`sql`, `sql-rollback` and `sql-verify`: what is asked for, looked at first, then written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import sys
import tempfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from homecoming import catalog
from homecoming.console.block import RevisionRange, make_block
from homecoming.console.encode import STYLES, encoded
from homecoming.errors import UsageError, why
from homecoming.history.configuration import configuration
from homecoming.language import LANGUAGES, localized, mark, tr
from homecoming.settings import Settings, read_settings
from homecoming.terminal import say, show


def sql(start: str, end: str, style: str, folder: str | None) -> int:
    """Print the script that brings a database from any revision from ``start`` on to ``end``.

    Arguments: ``style``, one of ``STYLES``; ``folder``, where to write a file a revision instead of printing one.
    Returns 0; errors: UsageError, with nothing written.
    """
    return _write("upgrade", start, end, style, folder)


def sql_rollback(start: str, end: str, style: str, folder: str | None) -> int:
    """Print the script that takes a database from any revision down from ``start`` back to ``end``; as ``sql``."""
    return _write("downgrade", start, end, style, folder)


def sql_verify() -> int:
    """Print the one SELECT that judges a database. Returns 0; errors: UsageError."""
    postgresql_only()
    print_script(verify_text())
    return 0


def script_text(direction: str, end: str) -> str:
    """Return what ``sql`` or ``sql_rollback`` prints for a database at whatever revision.

    Arguments: ``direction``, upgrade or downgrade; ``end``, the revision it leads to. Errors: UsageError.
    """
    settings = postgresql_only()
    script = ScriptDirectory.from_config(configuration())
    span = RevisionRange(
        direction, *(_resolved(script, name, "TO") for name in ("base" if direction == "upgrade" else "head", end))
    )
    _stations(span, script)
    return encoded(make_block(span, script, settings, _command(span, "block")), "block")


def verify_text() -> str:
    """Return what ``sql_verify`` prints."""
    return catalog.verdict_statement()


def _write(direction: str, start: str, end: str, style: str, folder: str | None) -> int:
    settings = postgresql_only()
    if style not in STYLES:
        raise UsageError(
            tr("there is no STYLE {style!r}", style=style), tr("Choose one of: {names}", names=", ".join(STYLES))
        )
    script = ScriptDirectory.from_config(configuration())
    span = RevisionRange(direction, _resolved(script, start, "FROM"), _resolved(script, end, "TO"))
    stations = _stations(span, script)
    if folder is None:
        block = make_block(span, script, settings, _command(span, style))
        text = encoded(block, style)
        print_script(text)
        _say(
            tr(
                "{size:.0f} kB, {lines} lines: paste all of it",
                size=len(text.encode()) / 1000,
                lines=text.count(chr(10)),
            )
        )
    else:
        _write_folder(folder, _files(span, stations, script, settings, style))
    return 0


def postgresql_only() -> Settings:
    settings = read_settings()
    if settings.source != "default" and settings.database_url.get_backend_name() == "sqlite":
        raise UsageError(
            tr("{source} is an SQLite file, and the console script is for PostgreSQL", source=settings.source),
            tr("For the file: make upgrade. For the script: unset DATABASE_URL, or set it to the PostgreSQL database"),
        )
    return settings


def _resolved(script: ScriptDirectory, name: str, variable: str) -> str:
    """The revision of a name: head, base, a number or the beginning of one."""
    if name == "base":
        return name
    revision = None
    # Alembic stumbles over an empty name and over branch@revision.
    if re.fullmatch(r"\w+", name):
        with contextlib.suppress(CommandError):
            revision = script.get_revision(name)
    if revision is None:
        raise UsageError(
            tr("{variable}: there is no revision {name!r}", variable=variable, name=name),
            tr("See the revisions: .venv/bin/alembic history"),
        )
    return revision.revision


def _stations(span: RevisionRange, script: ScriptDirectory) -> list[str]:
    """Every revision from the first to the last of the range, both included."""
    up = ["base", *reversed([revision.revision for revision in script.walk_revisions()])]
    first, last = up.index(span.start), up.index(span.end)
    if span.direction == "upgrade" and first >= last:
        raise UsageError(
            tr("there is nothing between FROM={start} and TO={end}", start=span.start, end=span.end),
            tr("FROM comes before TO; the way back is: make sql-rollback"),
        )
    if span.direction == "downgrade" and first <= last:
        raise UsageError(
            tr("there is nothing to take back from FROM={start} to TO={end}", start=span.start, end=span.end),
            tr("TO comes before FROM; the way forward is: make sql"),
        )
    return up[first : last + 1] if span.direction == "upgrade" else up[last : first + 1][::-1]


def _command(span: RevisionRange, style: str, folder: str | None = None) -> str:
    """The command that writes the script again."""
    words = ["make", "sql" if span.direction == "upgrade" else "sql-rollback"]
    if span.start not in ("base", "head"):
        words.append(f"FROM={span.start}")
    words.append(f"TO={span.end}")
    if style != "block":
        words.append(f"STYLE={style}")
    if folder is not None:
        words.append(f"SPLIT={shlex.quote(folder)}")
    return " ".join(words)


def _files(
    span: RevisionRange, stations: list[str], script: ScriptDirectory, settings: Settings, style: str
) -> dict[str, str]:
    """A file a revision, the check, and how to use them; by name."""
    steps = list(pairwise(stations))
    files = {}
    for number, (start, end) in enumerate(steps, 1):
        step = replace(span, start=start, end=end)
        revision = end if span.direction == "upgrade" else start
        part = tr(
            "File {number} of {steps}: paste them in the order of their numbers.", number=number, steps=len(steps)
        )
        block = make_block(step, script, settings, _command(span, style, "folder"), part)
        files[f"{number:02d}-{'up' if span.direction == 'upgrade' else 'down'}-{revision}.sql"] = encoded(block, style)
    files[f"{len(steps) + 1:02d}-verify.sql"] = catalog.verdict_statement()
    largest = max(len(text.encode()) for text in files.values())
    readme = tr(
        _README, begins=_README_BEGINS, count=len(steps), start=span.start, end=span.end, largest=largest / 1000
    )
    files["README.txt"] = localized(readme)
    return files


_README_BEGINS = tr("Paste these files into the database's console")

_README = mark(
    """{begins}, in the order of their numbers, one paste each.

They lead from {start} to {end} in {count} steps. Each step is one statement: all of it happens, or nothing does.
A step the database has already does nothing; a step that comes too early is refused and changes nothing.
After an error, stop: read its hint, then paste the same file again.

The last file is a check: its last row says OK (where the way ends at head). The largest file has {largest:.0f} kB.
"""
)


_OURS = re.compile(r"\d\d-(?:(?:up|down)-\w+|verify)\.sql")


def _is_ours(path: Path) -> bool:
    """Whether a file is one that an earlier SPLIT wrote; anybody may have a README.txt."""
    if path.name == "README.txt":
        begins = tuple(localized(_README_BEGINS, language).encode() for language in LANGUAGES)
        return path.is_file() and path.read_bytes().startswith(begins)
    return _OURS.fullmatch(path.name) is not None


def _write_folder(folder: str, files: dict[str, str]) -> None:
    """Make the folder with all its files, or nothing.

    Errors: UsageError where it exists already with something else in it, or cannot be written.
    """
    if not folder:
        raise UsageError(tr("SPLIT names no folder"), tr("Name one that is new, or empty: SPLIT=fix"))
    try:
        # Not a symbolic link itself: the folder it leads to is the one to make anew.
        target = Path(folder).resolve()
        if target.is_dir() and not all(map(_is_ours, target.iterdir())):
            raise UsageError(
                tr("{folder} holds other files", folder=folder), tr("Name a folder that is new, or empty: SPLIT=fix")
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            for name, text in files.items():
                (made / name).write_text(text, encoding="utf-8")
            made.chmod(0o755)
            if target.exists():
                shutil.rmtree(target)
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise UsageError(
            tr("{folder} cannot be written: {why}", folder=folder, why=why(error)), tr("Name another folder: SPLIT=fix")
        ) from None
    _say(tr("{folder}: {files} files; begin with its README.txt", folder=folder, files=len(files)))


def print_script(text: str) -> None:
    """Write the script, and nothing else, to standard output.

    Errors: UsageError where it cannot be written whole; what a file has of it is taken back.
    """
    try:
        descriptor = sys.stdout.fileno()
        # Of a file that is appended to, what was there before stays.
        before = os.fstat(descriptor).st_size
    except (OSError, ValueError):
        show(text)
        return
    # Not through Python's own layers: under PYTHONUNBUFFERED they lose what a full disk did not take, without a word.
    rest = text.encode()
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except BrokenPipeError:
        return
    except OSError as error:
        with contextlib.suppress(OSError):
            os.ftruncate(descriptor, before)
        raise UsageError(
            tr("the script cannot be written: {why}", why=why(error)),
            tr("Write it elsewhere: make sql > fix.sql"),
        ) from None


def _say(note: str) -> None:
    say(note, sys.stderr)
