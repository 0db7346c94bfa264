"""A SQLite backup back under a name: written beside, checked, compared, and only then in place of what is there."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from homecoming.backup import place
from homecoming.backup.contents import State, differences, state_of
from homecoming.backup.manifest import Manifest
from homecoming.backup.sqlite import DamagedError, check, looked_at
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.sqlite_file import beside, file_of, open_to_look, uri
from homecoming.errors import HomecomingError, LockedError, Refused, UsageError
from homecoming.language import tr
from homecoming.settings import Settings

_SIBLINGS = ("-wal", "-shm", "-journal")


def restore(
    file: Path, told: Manifest, settings: Settings, into: str | None, confirm: str | None, token: CancellationToken
) -> str | None:
    """Restore a file; as ``restore.restore``. Returns the name under which the old one is kept, None without one."""

    def fill(draft: Path) -> None:
        shutil.copyfile(file, draft)
        state = _checked(draft, file, token)
        if found := differences(state, told.revision, told.fingerprint, dict(told.tables)):
            first = found[0]
            if len(found) > 1:
                first = tr("{first} (and {count} more)", first=first, count=len(found) - 1)
            raise DamagedError(
                tr("what {file} holds is not what its manifest says: {difference}", file=file, difference=first),
                tr("Nothing was changed. Take another backup"),
            )

    return put(told, Path(os.path.realpath(into)) if into else file_of(settings.database_url), settings, confirm, fill)


def put(
    told: Manifest, target: Path | None, settings: Settings, confirm: str | None, fill: Callable[[Path], None]
) -> str | None:
    """Make a file beside the one that is there, and put it in its place once it is whole.

    Arguments: ``target``, None for a database in memory; ``fill``, which writes a file, and checks it.
    Returns the name under which the old one is kept, None without one. Errors: Refused, and what ``fill`` raises.
    """
    if target is None:
        raise UsageError(
            tr("the database is in memory, and gone when a command ends"), tr("Name a file in DATABASE_URL")
        )
    if not target.parent.is_dir():
        raise UsageError(
            tr("the folder of {target} does not exist", target=target), tr("Make it, or name another file")
        )
    has_tables = _has_tables(target)
    if has_tables and target.name != told.database and confirm != target.name:
        raise Refused(
            tr(
                "the backup is of {database}, and would take the place of {name}, which has tables",
                database=told.database,
                name=target.name,
            ),
            tr("If that is meant, give the same command with CONFIRM={name}", name=target.name),
        )
    place.ask_for_room(target.parent, told.size)
    kept = _kept_name(target) if target.exists() else None
    with _alone(target, settings.lock_timeout) if target.exists() else _nobody(), place.written(target) as draft:
        fill(draft)
        if kept is not None:
            _keep(target, kept, draft)
    return str(kept) if kept else None


def _checked(draft: Path, file: Path, token: CancellationToken) -> State:
    check(draft, str(file), token)
    with looked_at(draft, token) as connection:
        return state_of(connection, check=token.check)


def _has_tables(target: Path) -> bool:
    """Whether a file has tables; one that cannot be read may have some."""
    if not target.exists() or not target.stat().st_size:
        return False
    with _looking(target) as connection:
        if connection is None:
            return True
        with suppress(sqlite3.Error):
            return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    return True


@contextmanager
def _looking(target: Path) -> Iterator[sqlite3.Connection | None]:
    """Give a connection that looks at a file, None where there can be none."""
    try:
        connection = open_to_look(target, 1.0)
    except (HomecomingError, sqlite3.Error, OSError):
        yield None
        return
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def _nobody() -> Iterator[None]:
    yield


@contextmanager
def _alone(target: Path, timeout: float) -> Iterator[None]:
    """Hold a file so that nobody writes it meanwhile, with all that lay in its log merged into it.

    Errors: LockedError where another process has it. One that is damaged is nobody's to hold.
    """
    connection = sqlite3.connect(uri(target, "mode=rw"), uri=True, timeout=timeout, isolation_level=None)
    logged = False
    try:
        try:
            logged = connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
            if logged:
                # Takes the log away, which it can only where nobody else has the file open.
                connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
                raise LockedError(
                    tr("another process has {name} open", name=target.name),
                    tr("Nothing was changed. Stop the application, then run again"),
                ) from None
            if error.sqlite_errorname.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
                raise Refused(
                    tr("{target} cannot be written by this user", target=target),
                    tr("Change its permissions, then run again"),
                ) from None
        except sqlite3.DatabaseError:
            # Damaged, or no database at all: what a restore is for.
            pass
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
                if logged:
                    connection.execute("PRAGMA journal_mode = WAL")
            raise
    finally:
        connection.close()


def _kept_name(target: Path) -> Path:
    return target.with_name(f"{target.stem}.before-{datetime.now(UTC):%Y%m%d_%H%M%S}{target.suffix}")


def _keep(target: Path, kept: Path, draft: Path) -> None:
    """Give the old file its second name, with what lies beside it, and the new one its rights."""
    old = target.stat()
    draft.chmod(stat.S_IMODE(old.st_mode))
    with suppress(OSError):
        os.chown(draft, old.st_uid, old.st_gid)
    try:
        kept.hardlink_to(target)
    except OSError:
        # A file system without a second name for a file.
        shutil.copy2(target, kept)
    for suffix in _SIBLINGS:
        if (other := beside(target, suffix)).exists():
            other.replace(beside(kept, suffix))
