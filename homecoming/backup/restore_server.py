"""A PostgreSQL backup back under a name: into a database beside it, compared, and only then the names are swapped."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2 import sql

from homecoming.backup import beside
from homecoming.backup.contents import differences
from homecoming.backup.manifest import Manifest
from homecoming.backup.scratch import Scratch, fill
from homecoming.backup.sqlite import DamagedError
from homecoming.candidates import Candidate
from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.reach import UnreachableError, reached
from homecoming.errors import LockedError, NoConnectionError, Refused
from homecoming.language import tr, trn
from homecoming.logs import get_logger
from homecoming.settings import Settings

log = get_logger("backup")

# Databases that are on every server, from which another may be renamed.
_THIRD = ("postgres", "template1")

# Seconds between two rounds of ending sessions, and how many renames are tried.
_ROUND = 0.2
_RENAMES = 3

_HAS_TABLES = """SELECT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))"""


@dataclass(frozen=True)
class _Target:
    """The database that a backup is to become: its name, whether it is there and has tables, and what we may do."""

    name: str
    candidate: Candidate
    is_there: bool
    has_tables: bool
    is_ours: bool
    may_make: bool
    role: str


def restore(
    file: Path, told: Manifest, settings: Settings, into: str | None, confirm: str | None, token: CancellationToken
) -> str | None:
    """Restore a dump; as ``restore.restore``. Returns the name under which the old one is kept, None without one."""
    target = _look(settings, into, token)
    _refuse_another(told, target, confirm)
    if not target.may_make or not target.is_ours:
        return _without_the_right(file, told, settings, target, token)
    new = beside.scratch_name()
    is_made = is_swapped = False
    try:
        # A server goes on to make it where the command is ended meanwhile: it is waited for, and dropped.
        with _third(settings, target, token) as cursor, token.cleaning():
            try:
                beside.drop_abandoned(cursor)
                beside.make(cursor, new)
            except psycopg2.Error as error:
                raise beside.refuse_unmade(new, error) from None
            is_made = True
        log.info("Restoring it into %s, beside %s", new, target.name)
        _fill(file, told, settings, target, new, token)
        with _third(settings, target, token) as cursor:
            if target.is_there:
                _carry_over(cursor, target.name, new)
            kept = _swap(cursor, settings, target, new, token)
        is_swapped = True
        return kept
    finally:
        if is_made and not is_swapped:
            # It goes also where the command was ended: with a token of its own.
            once = replace(settings, connect_attempts=2, connect_limit=10.0)
            with token.cleaning(), _third(once, target, CancellationToken()) as cursor:
                beside.drop(cursor, new)


def _look(settings: Settings, into: str | None, token: CancellationToken) -> _Target:
    with reached(settings, token=token) as endpoint:
        own = str(endpoint.candidate.url.database)
        name = into or own
        with beside.statements(endpoint.connection) as cursor:
            cursor.execute("SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = %s", [name])
            found = cursor.fetchone()
            cursor.execute("SELECT current_user")
            role = cursor.fetchone()[0]
            may_make = beside.may_make(cursor)
            has_tables = False
            if name == own:
                cursor.execute(_HAS_TABLES)
                has_tables = cursor.fetchone()[0]
        candidate = endpoint.candidate
    there = replace(candidate, url=candidate.url.set(database=name))
    if found and name != own:
        with reached(replace(settings, candidates=(there,)), read_only=True, token=token) as endpoint:
            has_tables = endpoint.connection.exec_driver_sql(
                _HAS_TABLES, execution_options={"no_parameters": True}
            ).scalar_one()
    return _Target(name, there, bool(found), has_tables, bool(found is None or found[0]), may_make, role)


def _refuse_another(told: Manifest, target: _Target, confirm: str | None) -> None:
    if target.has_tables and told.place != target.candidate.place and confirm != target.name:
        raise Refused(
            tr(
                "the backup is of {place}, and would take the place of {other}, which has tables",
                place=told.place,
                other=target.candidate.place,
            ),
            tr("If that is meant, give the same command with CONFIRM={name}", name=target.name),
        )


def _without_the_right(
    file: Path, told: Manifest, settings: Settings, target: _Target, token: CancellationToken
) -> str | None:
    """Restore into a database that is empty; say how another is made where it is not. Errors: Refused."""
    if target.is_there and not target.has_tables:
        log.info("Restoring it into %s, which is empty", target.name)
        _fill(file, told, settings, target, target.name, token)
        return None
    new = beside.dated(target.name, "restored", datetime.now(UTC))
    what = tr(
        "the role {role} may not make databases: a backup never goes into a database that has tables", role=target.role
    )
    if target.may_make:
        what = tr(
            "the role {role} does not own {database}, and cannot rename it: "
            "a backup never goes into a database that has tables",
            role=target.role,
            database=target.name,
        )
    raise Refused(
        what,
        tr(
            "Have an administrator make an empty database {new} that {role} owns, give the same command with "
            "INTO={new}, and lead the application there",
            new=new,
            role=target.role,
        ),
    )


def _fill(file: Path, told: Manifest, settings: Settings, target: _Target, name: str, token: CancellationToken) -> None:
    """Restore a dump into an empty database, and compare it. Errors: DamagedError, or those of the restore."""
    url = target.candidate.url.set(database=name)
    there = Scratch(replace(settings, candidates=(replace(target.candidate, url=url),)), name)
    found = differences(fill(there, file, told, token), told.revision, told.fingerprint, dict(told.tables))
    if found:
        for line in found:
            log.info("  %s", line)
        raise DamagedError(
            trn(
                "what was restored is not what the manifest says: {n} difference",
                "what was restored is not what the manifest says: {n} differences",
                len(found),
            ),
            tr("The database that is there was not touched. Take another backup"),
        )


@contextmanager
def _third(settings: Settings, target: _Target, token: CancellationToken) -> Iterator[Any]:
    """Give a cursor in a database that is neither the old one nor the new one, so that both can be renamed.

    Errors: Refused where there is none that lets this role in.
    """
    own = str(settings.database_url.database)
    names = [name for name in (*([own] if own != target.name else []), *_THIRD) if name != target.name]
    for name in names:
        url = target.candidate.url.set(database=name)
        third = replace(settings, candidates=(replace(target.candidate, url=url),))
        try:
            with reached(third, token=token) as endpoint:
                with beside.statements(endpoint.connection) as cursor:
                    yield cursor
                return
        except UnreachableError as error:
            log.info("%s lets nobody in: %s", name, error.what)
    raise Refused(
        tr(
            "none of {names} lets {role} in, and a database cannot be renamed from within",
            names=", ".join(names),
            role=target.role,
        ),
        tr("Have an administrator grant CONNECT on one of them. Nothing was changed"),
    )


def _carry_over(cursor: Any, old: str, new: str) -> None:
    """Give the new database what no dump has: the old one's settings, those of roles in it, rights, owner."""
    for statement, arguments, what in [*_settings(cursor, old, new), *_rights(cursor, old, new)]:
        try:
            cursor.execute(statement, arguments)
        except psycopg2.Error as error:
            log.info("Note: not carried over, since this role may not: %s (%s)", what, error.diag.message_primary)


def _settings(cursor: Any, old: str, new: str) -> Iterator[tuple[Any, Any, str]]:
    cursor.execute(
        "SELECT r.rolname, c FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
        "LEFT JOIN pg_roles r ON r.oid = s.setrole, unnest(s.setconfig) c WHERE d.datname = %s",
        [old],
    )
    for role, setting in cursor.fetchall():
        name, _, value = setting.partition("=")
        whose = sql.SQL("DATABASE {}").format(sql.Identifier(new))
        if role is not None:
            whose = sql.SQL("ROLE {} IN ").format(sql.Identifier(role)) + whose
        # As the session has it, which spells a list as it was: in one transaction of two statements.
        statement = sql.SQL("SELECT set_config(%s, %s, true); ALTER {} SET {} FROM CURRENT").format(
            whose, sql.Identifier(*name.split("."))
        )
        yield statement, [name, value], name


def _rights(cursor: Any, old: str, new: str) -> Iterator[tuple[Any, Any, str]]:
    cursor.execute(
        "SELECT datacl IS NULL, datconnlimit, pg_get_userbyid(datdba) FROM pg_database WHERE datname = %s", [old]
    )
    is_default, limit, owner = cursor.fetchone()
    database = sql.Identifier(new)
    if limit >= 0:
        yield (
            sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(database, sql.Literal(limit)),
            None,
            tr("the limit"),
        )
    if not is_default:
        cursor.execute(
            "SELECT CASE grantee WHEN 0 THEN NULL ELSE pg_get_userbyid(grantee) END, privilege_type "
            "FROM pg_database, aclexplode(datacl) WHERE datname = %s AND grantee <> datdba",
            [old],
        )
        granted = cursor.fetchall()
        yield sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database), None, tr("rights")
        for grantee, right in granted:
            role = sql.SQL("PUBLIC") if grantee is None else sql.Identifier(grantee)
            yield sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(right), database, role), None, right
    cursor.execute("SELECT current_user = %s", [owner])
    if not cursor.fetchone()[0]:
        yield sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(owner)), None, tr("its owner")


def _swap(cursor: Any, settings: Settings, target: _Target, new: str, token: CancellationToken) -> str | None:
    """Give the new database the name, and the old one a dated one, in one transaction.

    Sessions in the old one are ended meanwhile. Errors: LockedError where they cannot be.
    """
    rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    first = rename.format(sql.Identifier(new), sql.Identifier(target.name))
    token.check()
    if not target.is_there:
        cursor.execute(first)
        return None
    kept = beside.dated(target.name, "before", datetime.now(UTC))
    both = rename.format(sql.Identifier(target.name), sql.Identifier(kept)) + sql.SQL("; ") + first
    for left in reversed(range(_RENAMES)):
        try:
            with _ending(settings, target):
                # One message is one transaction. The server keeps new sessions out, and waits 5 s for those there are.
                cursor.execute(both)
            return kept
        except psycopg2.errors.ObjectInUse as error:
            if not left:
                raise LockedError(
                    tr(
                        "sessions in {database} do not end: {why}",
                        database=target.name,
                        why=error.diag.message_detail or tr("they come back"),
                    ),
                    tr("The database that is there was not touched. Stop the application, then run again"),
                ) from None
    return None


@contextmanager
def _ending(settings: Settings, target: _Target) -> Iterator[None]:
    """End the sessions in the old database, again and again, while the block runs."""
    done = threading.Event()

    def work() -> None:
        url = target.candidate.url
        for name in _THIRD:
            third = replace(settings, candidates=(Candidate(url.set(database=name), "sessions"),))
            with suppress(NoConnectionError, psycopg2.Error, sa.exc.DBAPIError):
                with reached(third) as endpoint, beside.statements(endpoint.connection) as cursor:
                    while not done.is_set():
                        cursor.execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [target.name]
                        )
                        done.wait(_ROUND)
                return

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
