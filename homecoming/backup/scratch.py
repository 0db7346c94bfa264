"""A database to restore into that nobody uses, and that is gone afterwards; nothing else is touched."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg2
import sqlalchemy as sa

from homecoming.backup import beside, client, own_copy, server
from homecoming.backup.contents import State, state_of
from homecoming.backup.manifest import COPY, DUMP, FILE, Manifest
from homecoming.backup.sqlite import check, looked_at
from homecoming.backup.take import major_of
from homecoming.candidates import Candidate
from homecoming.connection.engines import ONE_MOMENT
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.reach import UnreachableError, reached
from homecoming.connection.sqlite_file import scratch_folder
from homecoming.errors import Refused
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.settings import Settings

log = get_logger("backup")


@dataclass(frozen=True)
class Scratch:
    """A database to restore into: settings that lead to it alone, and where it is, in words."""

    settings: Settings
    where: str

    @property
    def url(self) -> sa.URL:
        """Its URL."""
        return self.settings.database_url


@contextmanager
def scratch(told: Manifest, settings: Settings, token: CancellationToken) -> Iterator[Scratch]:
    """Give an empty database that a backup can be restored into.

    For PostgreSQL one on the configured server, where its role may make it; otherwise on a server that is started for
    it, of whatever is installed here. For SQLite a file among the temporary ones.
    Errors: Refused where there is none of them.
    """
    if told.kind == FILE:
        with scratch_folder(Path(told.database), 2 * told.size) as folder:
            file = Path(folder) / told.database
            yield Scratch(_leading(settings, sa.URL.create("sqlite", database=str(file))), tr("a temporary file"))
        return
    with _database(settings, token) as made:
        if made is not None:
            yield made
            return
    version = int(told.server.removeprefix("PostgreSQL ").split(".")[0])
    servers = server.able(client.clients(replace(settings.backup, pg_dump=None)), version)
    if not servers:
        raise Refused(
            tr(
                "there is nowhere to restore to: the role of {source} may not make databases (or cannot be reached), "
                "and no PostgreSQL server from {version} on is installed here",
                source=settings.source,
                version=version,
            ),
            tr("Have its role given the right CREATEDB, or install a PostgreSQL server here, which need not run"),
        )
    with server.started(servers[0], token) as url:
        yield Scratch(_leading(settings, url), tr("a PostgreSQL {version} of its own", version=servers[0].version))


def fill(place: Scratch, file: Path, told: Manifest, token: CancellationToken) -> State:
    """Restore a backup into a scratch database, and return what is there then.

    Errors: HomecomingError as the restore says it.
    """
    if told.kind == FILE:
        target = Path(str(place.url.database))
        shutil.copyfile(file, target)
        check(target, file.name, token)
        with looked_at(target, token) as connection:
            return state_of(connection, check=token.check)
    with reached(place.settings, read_only=True, token=token) as endpoint:
        version = major_of(endpoint.connection)
    if told.kind == COPY:
        own_copy.restore(file, place.settings, token)
        return look(place.settings, token, told.checksums)
    assert told.kind == DUMP
    assert told.client is not None
    made_by = int(told.client.removeprefix("pg_dump ").split(".")[0])
    program = client.fitting(place.settings.backup, made_by, "restore")
    client.restore(program, version, file, place.url, token)
    return look(place.settings, token, told.checksums)


def look(settings: Settings, token: CancellationToken, method: str) -> State:
    """Return what is in the database that settings lead to, at one moment, by a method of checksums."""
    with reached(settings, read_only=True, token=token) as endpoint:
        return state_of(endpoint.connection.execution_options(**{ONE_MOMENT: True}), None, token.check, method)


@contextmanager
def _database(settings: Settings, token: CancellationToken) -> Iterator[Scratch | None]:
    """Give a database on the configured server; None where none can be made there."""
    if settings.database_url.get_backend_name() == "sqlite":
        yield None
        return
    name, is_made = beside.scratch_name(), False
    candidate = settings.candidates[0]
    try:
        try:
            with reached(settings, token=token) as endpoint, beside.statements(endpoint.connection) as cursor:
                candidate = endpoint.candidate
                if beside.may_make(cursor):
                    # A server goes on to make it where the command is ended meanwhile: it is waited for, and dropped.
                    with token.cleaning():
                        beside.drop_abandoned(cursor)
                        beside.make(cursor, name)
                        is_made = True
        except UnreachableError as error:
            log.info("The server of %s cannot be reached: %s", settings.source, error.what)
        except psycopg2.Error as error:
            log.info("No database can be made on the server: %s", error.diag.message_primary)
        if is_made:
            url = candidate.url.set(database=name)
            yield Scratch(_leading(settings, url), tr("a scratch database on {source}", source=candidate.source))
        else:
            yield None
    finally:
        if is_made:
            # With a token of its own: it goes also where the command was ended.
            once = replace(settings, candidates=(candidate,), connect_attempts=2, connect_limit=10.0)
            with token.cleaning(), reached(once) as endpoint, beside.statements(endpoint.connection) as cursor:
                beside.drop(cursor, name)


def _leading(settings: Settings, url: sa.URL) -> Settings:
    return replace(settings, candidates=(Candidate(url, "scratch"),))
