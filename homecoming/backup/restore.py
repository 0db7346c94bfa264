"""`restore`: a backup beside the database that is there, compared, and only then under its name; the old one stays."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import make_url

from homecoming.backup import across, restore_file, restore_server
from homecoming.backup.manifest import DUMP, FILE, Manifest
from homecoming.backup.verify import chosen, refuse_damaged
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.sqlite_file import file_of
from homecoming.errors import Refused
from homecoming.language import tr
from homecoming.logs import get_logger
from homecoming.settings import Settings, read_settings

log = get_logger("backup")


def restore(given: str, into: str | None, confirm: str | None, token: CancellationToken) -> int:
    """Restore a backup under the name of the configured database, or under another.

    Arguments: ``given``, its file; ``into``, another database on the same server, another SQLite file, or as
    sqlite:///FILE one that the copy of a server's database becomes; ``confirm``, the name of the database that is to
    go, where the backup is of another.
    Returns 0; errors: HomecomingError, and the database that was there is as it was.
    """
    settings = read_settings()
    file, told = chosen(given, settings)
    log.info("Backup: %s, of %s, made %s", file, told.place, told.made_at)
    crosses = told.kind != FILE and (into or "").startswith("sqlite:")
    if crosses:
        _refuse_a_dump(told)
        across.refuse_unfit(told)
    else:
        _refuse_another_product(told, settings)
    refuse_damaged(file, told, token)
    began = time.monotonic()
    if crosses:
        kept = _put_across(file, told, settings, str(into), confirm, token)
    elif told.kind == FILE:
        kept = restore_file.restore(file, told, settings, into, confirm, token)
    else:
        kept = restore_server.restore(file, told, settings, into, confirm, token)
    tables = tr(
        "{tables} tables, {rows} rows, at {revision}",
        tables=len(told.tables),
        rows=told.rows,
        revision=told.revision or tr("no revision"),
    )
    log.info("Restored in %.1f s: %s, compared with the manifest", time.monotonic() - began, tables)
    if kept:
        log.info("What was there is kept as %s, until somebody removes it", kept)
    log.info("Next: make verify, which also says what an application's role lacks; make upgrade where it is behind")
    return 0


def _put_across(
    file: Path, told: Manifest, settings: Settings, into: str, confirm: str | None, token: CancellationToken
) -> str | None:
    target = file_of(make_url(into))
    return restore_file.put(
        told, target, settings, confirm, lambda draft: across.write(file, told, draft, settings, token)
    )


def _refuse_a_dump(told: Manifest) -> None:
    if told.kind == DUMP:
        raise Refused(
            tr("{file} is by pg_dump, which nothing but PostgreSQL reads", file=told.file),
            tr("Make another with MIGRATION_PG_DUMP=none, which is a copy of our own"),
        )


def _refuse_another_product(told: Manifest, settings: Settings) -> None:
    is_file = settings.database_url.get_backend_name() == "sqlite"
    if is_file != (told.kind == FILE):
        raise Refused(
            tr(
                "{file} is a backup of {place}, and {source} names {other}",
                file=told.file,
                place=told.place,
                source=settings.source,
                other=settings.candidates[0].place,
            ),
            tr("Name a database of the same kind in DATABASE_URL"),
        )
