"""`backup`: one file with everything in the database, and its manifest; or nothing at all."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from homecoming.backup import client, contents, dump, manifest, own_copy, place, sqlite
from homecoming.backup.manifest import Made, Manifest
from homecoming.backup.retention import retire_old
from homecoming.backup.ship import ship
from homecoming.backup_settings import NO_PG_DUMP, PG_DUMP
from homecoming.candidates import Candidate
from homecoming.connection.engines import ONE_MOMENT
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.locks import milliseconds
from homecoming.connection.reach import reached
from homecoming.connection.sqlite_file import file_of
from homecoming.errors import Refused, UsageError
from homecoming.events import current_run
from homecoming.history.bookkeeping import refuse_impostors, versions_of
from homecoming.language import joined, tr, trn
from homecoming.logs import get_logger
from homecoming.project import project
from homecoming.rehearsal.giving_way import GaveWayError, Watch, giving_way
from homecoming.settings import Settings, read_settings

log = get_logger("backup")

# What is kept of the size of the last backup for what came since.
_GROWTH = 1.5


def backup(token: CancellationToken | None = None, made_for: str = manifest.PERSON) -> int:
    """Make a backup of the configured database, and ship it where a command is set for that.

    Arguments: ``token``, which ends it; ``made_for``, who has it made.
    Returns 0. Errors: HomecomingError, and then there is no file; UnshippedError, and it is there.
    """
    settings, token = read_settings(), token or CancellationToken()
    made = take(settings, made_for, token)
    told = made.manifest
    tables = joined(", ", [trn("{n} table", "{n} tables", len(told.tables)), trn("{n} row", "{n} rows", told.rows)])
    at = told.revision or tr("no revision")
    log.info("Backup: %s, %s: %s, at %s", made.file, place.megabytes(told.size), tables, at)
    log.info("Done in %.1f s, by %s. Next, prove that it restores: make backup-verify", told.seconds, told.client)
    retire_old(settings, made)
    ship(made, settings, token)
    return 0


def take(settings: Settings, made_for: str, token: CancellationToken) -> Made:
    """Make a backup, by what fits the database.

    Arguments: ``made_for``, who has it made; ``token``, which ends it.
    Errors: HomecomingError; there is no file then, under a final name or another.
    """
    folder = place.open_folder(settings.backup.folder)
    if settings.database_url.get_backend_name() == "sqlite":
        return _of_file(settings, folder, made_for, token)
    with reached(settings, read_only=True, token=token) as endpoint:
        connection = endpoint.connection.execution_options(**{ONE_MOMENT: True})
        _say_database(endpoint.candidate, made_for)
        return _of_server(connection, endpoint.candidate, settings, folder, made_for, token)


def _of_server(
    connection: sa.Connection,
    candidate: Candidate,
    settings: Settings,
    folder: Path,
    made_for: str,
    token: CancellationToken,
) -> Made:
    began, moment = time.monotonic(), datetime.now(UTC)
    # Also the size of a table is asked for under its lock. Before an upgrade it waits as long as that would.
    timeout = settings.lock_timeout if made_for == manifest.UPGRADE else settings.lock_wait
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds(timeout) or 1}")
    tables = contents.tables_of(connection)
    size = sum(table.bytes for table in tables)
    program = _program(connection, settings)
    place.ask_for_room(folder, _estimate(folder, candidate, size))
    ending = ".dump" if program else own_copy.ENDING
    final = folder / place.name_of(str(candidate.url.database), _revision(connection), moment, ending)
    with _polite(connection, tables, made_for, token) as token, place.written(final) as draft:
        if program is None:
            state = own_copy.copy(connection, tables, draft, token)
        else:
            state = dump.dump(connection, candidate.url, tables, program, draft, settings, token)
        sha256, bytes_written = place.sha256_of(draft, token.check), draft.stat().st_size
    version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    told = _told(final, manifest.DUMP if program else manifest.COPY, made_for, candidate, state, moment, began)
    told |= {"sha256": sha256, "size": bytes_written, "contents": size}
    told |= {
        "server": f"PostgreSQL {version}",
        "client": f"pg_dump {program.version}" if program else tr("our own copy"),
    }
    return _kept(final, folder, told)


class _Polite(CancellationToken):
    """A token that also ends a backup for which somebody waits."""

    def __init__(self, outer: CancellationToken, watch: Watch) -> None:
        super().__init__()
        self._outer, self._watch = outer, watch

    def check(self) -> None:
        """Go on unless the end has come, or somebody waits. Errors: GaveWayError; as ``CancellationToken.check``."""
        self._outer.check()
        if self._watch.gave_way:
            raise GaveWayError(tr("somebody waits for a table"), "")


@contextmanager
def _polite(
    connection: sa.Connection, tables: list[contents.Table], made_for: str, token: CancellationToken
) -> Iterator[CancellationToken]:
    """Have a backup before an upgrade give way to who wants a whole table: others would queue up behind that one.

    Gives what ends it. A person's and a nightly one go on, as pg_dump does.
    """
    if made_for != manifest.UPGRADE or not tables:
        yield token
        return
    # All of them, as pg_dump has them: whoever waits for it waits for this session as well.
    named = ", ".join(f"ONLY {table.spelled}" for table in tables)
    connection.exec_driver_sql(f"LOCK TABLE {named} IN ACCESS SHARE MODE", execution_options={"no_parameters": True})
    try:
        with giving_way(connection) as watch:
            assert watch is not None
            yield _Polite(token, watch)
    except GaveWayError as error:
        token.check()
        raise Refused(
            tr("somebody waited for a table that it reads, and went first"), tr("At a quieter time: make backup")
        ) from error


def _say_database(candidate: Candidate, made_for: str) -> None:
    """Say which database it is; a run that has it made says so itself."""
    if made_for != manifest.UPGRADE:
        log.info("Database: %s", candidate)


def _program(connection: sa.Connection, settings: Settings) -> client.Client | None:
    """Return the pg_dump that fits; None where there is none, and our own copy can do without.

    Errors: Refused where neither fits, or the one that is named does not.
    """
    try:
        if settings.backup.pg_dump == NO_PG_DUMP:
            own_copy.refuse_beyond(
                connection,
                Refused(
                    tr("{setting} is {value}", setting=PG_DUMP, value=NO_PG_DUMP),
                    tr("Unset {pg_dump}", pg_dump=PG_DUMP),
                ),
            )
            return None
        return client.fitting(settings.backup, major_of(connection))
    except Refused as error:
        if settings.backup.pg_dump is not None:
            raise
        own_copy.refuse_beyond(connection, error)
        log.info("Note: %s. So it is our own copy. %s", error.what, error.todo)
        return None


def _of_file(settings: Settings, folder: Path, made_for: str, token: CancellationToken) -> Made:
    began, moment, candidate = time.monotonic(), datetime.now(UTC), settings.candidates[0]
    file = file_of(candidate.url)
    if file is None:
        raise UsageError(
            tr("the database is in memory, and gone when a command ends"), tr("Name a file in DATABASE_URL")
        )
    with reached(settings, read_only=True, token=token) as endpoint:
        _say_database(endpoint.candidate, made_for)
        revision = _revision(endpoint.connection)
    size = sqlite.size_of(file)
    place.ask_for_room(folder, size)
    final = folder / place.name_of(file.stem, revision, moment, ".db")
    with place.written(final) as draft:
        state = sqlite.copy(file, draft, settings.lock_wait, token)
        sha256, bytes_written = place.sha256_of(draft, token.check), draft.stat().st_size
        if broken := sqlite.broken_keys(draft):
            log.info("Note: rows refer to what is not there, and are in the backup as they are: %d", broken)
    told = _told(final, manifest.FILE, made_for, candidate, state, moment, began)
    told |= {"sha256": sha256, "size": bytes_written, "contents": size, "database": file.name, "path": str(file)}
    told |= {"server": f"SQLite {sqlite3.sqlite_version}", "client": tr("SQLite's online backup")}
    return _kept(final, folder, told)


def _told(
    final: Path, kind: str, made_for: str, candidate: Candidate, state: contents.State, moment: datetime, began: float
) -> dict[str, object]:
    return {
        "file": final.name,
        "kind": kind,
        "made_at": moment.isoformat(timespec="seconds"),
        "made_for": made_for,
        "run": current_run(),
        "project": project().version,
        "database": candidate.url.database,
        "place": candidate.place,
        "revision": state.revision,
        "fingerprint": state.fingerprint,
        "tables": state.tables,
        "checksums": state.method,
        "seconds": round(time.monotonic() - began, 3),
    }


def _kept(final: Path, folder: Path, told: dict[str, object]) -> Made:
    made = Manifest(**told)  # type: ignore[arg-type]
    try:
        manifest.write(made, folder)
    except BaseException:
        # Without a manifest nobody knows what it has to hold.
        final.unlink(missing_ok=True)
        raise
    return Made(final, made)


def major_of(connection: sa.Connection) -> int:
    """Return a server's major version."""
    return int(connection.exec_driver_sql("SELECT current_setting('server_version_num')::integer / 10000").scalar_one())


def _revision(connection: sa.Connection) -> str | None:
    refuse_impostors(connection)
    return "_".join(sorted(versions_of(connection).get_current_heads())) or None


def _estimate(folder: Path, candidate: Candidate, size: int) -> int:
    """Return the bytes that a dump may need: by the last one of this database, else as many as the tables have."""
    for last in manifest.found(folder):
        if last.place == candidate.place and last.contents:
            return min(size, int(_GROWTH * last.size * max(1.0, size / last.contents)))
    return size
