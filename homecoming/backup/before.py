"""A backup before an upgrade or a repair: whether there is something to save, and who of several makes it.

It is made before the run begins, outside its transaction and its lock, and is over when the run begins: nobody waits
for both.
"""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace

import sqlalchemy as sa
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from homecoming.backup import manifest, place, sqlite
from homecoming.backup.contents import tables_of
from homecoming.backup.manifest import UPGRADE
from homecoming.backup.retention import retire_old
from homecoming.backup.ship import ship
from homecoming.backup.take import take
from homecoming.backup_settings import BACKUP, BACKUP_COMMAND, BACKUP_DIR, BACKUP_LIMIT, OFF, REQUIRE
from homecoming.connection.failures import meaning
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import Timeouts, lock_key, runs
from homecoming.connection.reach import reached
from homecoming.connection.sqlite_file import file_of
from homecoming.errors import FailedError, HomecomingError, LockedError, NoConnectionError, Refused, UnshippedError
from homecoming.history.bookkeeping import BOOKKEEPING, versions_of
from homecoming.history.configuration import configuration
from homecoming.history.run_history import Saved
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.run.steps import steps
from homecoming.settings import Settings

log = get_logger("backup")

# Seconds for which a backup is still one of this moment: replicas of a deployment, and the attempts of one, share it.
RECENT = 120.0

# Seconds between two looks at another's run.
_PAUSE = 0.2

_FAILS = (HomecomingError, sa.exc.DBAPIError, OSError, subprocess.SubprocessError)


@dataclass(frozen=True)
class _Found:
    """What a run would change: the revision it starts from, the bytes of it, whether another run is at work."""

    revision: str | None
    size: int
    is_busy: bool


@contextmanager
def before_run(settings: Settings, revision: str | None, mode: str, token: CancellationToken) -> Iterator[Saved | None]:
    """Make a backup where the run of the block has something to do on rows that are there.

    Arguments: ``revision``, where the upgrade leads, None of a repair, which always has something to do;
    ``mode``, auto, require or off; ``token``, which ends it.
    Gives what the run is to note; None where there was nothing to save, or it is off.
    Errors: Refused where one is required and cannot be made; UnreachableError as the run would have it.
    """
    with ExitStack() as turn:
        saved = None if mode == OFF else _saved(settings, revision, mode, token, turn)
        if saved is not None and settings.database_url.get_backend_name() != "sqlite":
            # A file's run has no lock that another process could see.
            saved = replace(saved, begun=turn.close)
        yield saved


def _saved(
    settings: Settings, revision: str | None, mode: str, token: CancellationToken, turn: ExitStack
) -> Saved | None:
    """Make the backup, or wait for the run of who makes it. ``turn`` keeps this one's turn, once it made one."""
    began, is_told = time.monotonic(), False
    while True:
        if (found := _look(settings, revision, token)) is None:
            return None
        if not found.is_busy:
            if (recent := _recent(settings, found)) is not None:
                return _recent_saved(mode, recent, settings)
            if why := _unfit(settings, found, mode):
                return _without(mode, found, why)
            with ExitStack() as mine:
                if mine.enter_context(_turn(settings)):
                    # Once more: another may have made one, and be at work, since the first look.
                    if (found := _look(settings, revision, token)) is None:
                        return None
                    if not found.is_busy:
                        saved = _made(settings, found, mode, token)
                        turn.push(mine.pop_all())
                        return saved
        if not is_told:
            log.info("Another run is at work: its end is waited for")
            is_told = True
        if time.monotonic() - began > settings.lock_wait:
            # The run itself says who holds the lock; without a backup that is required it does not begin.
            return _without(mode, found, LockedError(tr("another run is at work for too long"), tr("Wait for it")))
        token.cancelled.wait(_PAUSE)
        token.check()


def _recent_saved(mode: str, told: manifest.Manifest, settings: Settings) -> Saved:
    """Return what a run notes of a backup that was made just before."""
    file = settings.backup.folder / told.file
    log.info("Backup: %s, made %d s ago, is of this moment", file, told.age)
    return Saved(mode, told.revision, str(file), told.sha256, 0.0)


def say_way_back(saved: Saved | None) -> None:
    """Say after an upgrade how to go back, and which way when."""
    if saved is None:
        return
    log.info(
        "Where the application does not work with it: make downgrade REV=%s, which keeps the rows written since",
        saved.revision or "base",
    )
    if saved.file:
        file = shlex.quote(saved.file)
        log.info("Where data was damaged: make restore FILE=%s, which is without what was written since", file)


def _look(settings: Settings, revision: str | None, token: CancellationToken) -> _Found | None:
    """Return what a run would change; None where it has nothing to do, or there is not a row.

    Errors: NoConnectionError. What else is wrong with a database its run says itself.
    """
    file = file_of(settings.database_url) if settings.database_url.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        return None
    found = _Found(None, 0, is_busy=False)
    try:
        with reached(settings, read_only=True, token=token) as endpoint:
            connection = endpoint.connection
            if file is None:
                connection.exec_driver_sql(Timeouts(0, settings.lock_timeout).settings)
            heads = versions_of(connection).get_current_heads()
            script = ScriptDirectory.from_config(configuration())
            if revision is not None and not steps(script, "upgrade", revision, heads):
                return None
            at = "_".join(sorted(heads)) or None
            found = _Found(at, 0, is_busy=False)
            if runs(connection):
                return _Found(at, 0, is_busy=True)
            size = _size_of_rows(connection)
    except NoConnectionError:
        raise
    except sa.exc.DBAPIError:
        token.check()
        # Such as a table that somebody holds: the backup itself says so.
        return found
    except (*_FAILS, CommandError):
        token.check()
        return None
    if size is None:
        return None
    return _Found(at, sqlite.size_of(file) if file is not None else size, is_busy=False)


def _size_of_rows(connection: sa.Connection) -> int | None:
    """Return the bytes of all tables; None where there is not a row, 0 where that cannot be known."""
    try:
        tables = tables_of(connection)
    except Refused:
        # What this role may not read the backup itself says.
        return 0
    for table in tables:
        if table.name.split(".")[-1] not in BOOKKEEPING:
            asked = f"SELECT EXISTS (SELECT 1 FROM {table.spelled})"
            if connection.exec_driver_sql(asked, execution_options={"no_parameters": True}).scalar():
                return sum(each.bytes for each in tables)
    return None


def _recent(settings: Settings, found: _Found) -> manifest.Manifest | None:
    """Return a backup of this database, at this revision and of this moment.

    The database has to be as large as it was: by one name another may be reached, through a tunnel, and what was
    written meanwhile is not in it.
    """
    for told in manifest.of_database(settings):
        is_same = told.contents == found.size and told.revision == found.revision
        if is_same and 0 <= told.age < RECENT and (settings.backup.folder / told.file).stat().st_size == told.size:
            return told
    return None


def _unfit(settings: Settings, found: _Found, mode: str) -> HomecomingError | None:
    """Return why none is made by itself, where it is not."""
    if mode != REQUIRE and found.size > settings.backup.limit:
        return Refused(
            tr(
                "the database has {size}, more than {backup_limit} ({limit})",
                size=place.megabytes(found.size),
                backup_limit=BACKUP_LIMIT,
                limit=place.megabytes(settings.backup.limit),
            ),
            tr("Take one yourself: make backup"),
        )
    if not settings.backup.command and not place.is_kept(settings.backup.folder):
        return Refused(
            tr("{folder} is not on a disk that is kept", folder=settings.backup.folder.absolute()),
            tr(
                "Name a folder on a volume in {backup_dir}, or what ships the file in {backup_command}",
                backup_dir=BACKUP_DIR,
                backup_command=BACKUP_COMMAND,
            ),
        )
    return None


def _made(settings: Settings, found: _Found, mode: str, token: CancellationToken) -> Saved:
    began = time.monotonic()
    try:
        made = take(settings, UPGRADE, token)
        retire_old(settings, made)
        try:
            ship(made, settings, token)
        except UnshippedError as error:
            if not place.is_kept(settings.backup.folder):
                raise
            log.warning("%s. Next: %s", error.what, error.todo)
    except _FAILS as error:
        token.check()
        return _without(mode, found, _as_ours(error))
    seconds = time.monotonic() - began
    log.info("Backup: %s, %s, %.1f s", made.file, place.megabytes(made.manifest.size), seconds)
    return Saved(mode, made.manifest.revision, str(made.file), made.manifest.sha256, round(seconds, 3))


def _as_ours(error: Exception) -> HomecomingError:
    if isinstance(error, HomecomingError):
        return error
    if isinstance(error, sa.exc.DBAPIError):
        return meaning(error)
    return FailedError(tr("it failed on the way"), tr("See why: make backup"))


def _without(mode: str, found: _Found, why: HomecomingError) -> Saved:
    """Go on without one, and say so. Errors: Refused where one is required."""
    if mode == REQUIRE:
        raise Refused(
            tr("no backup before the run, which {backup} requires: {what}", backup=BACKUP, what=why.what), why.todo
        )
    log.info("No backup before the run: %s. Next: %s", why.what, why.todo)
    return Saved(mode, found.revision, "", "", 0.0)


@contextmanager
def _turn(settings: Settings) -> Iterator[bool]:
    """Have one run at a time make its backup: gives whether it is this one's turn.

    On PostgreSQL by a lock of a transaction that does nothing else; of SQLite files, by one on the folder of backups.
    """
    if settings.database_url.get_backend_name() == "sqlite":
        try:
            folder = place.open_folder(settings.backup.folder)
        except HomecomingError:
            # The backup itself says so.
            yield True
            return
        with place.held(folder) as is_mine:
            yield is_mine
        return
    with reached(settings, read_only=True) as endpoint:
        # Beside the lock of runs, whose number is above 0.
        asked = f"SELECT pg_try_advisory_xact_lock({-lock_key()})"
        yield bool(endpoint.connection.exec_driver_sql(asked).scalar_one())
