"""What could stop a run, looked for before the first change: what refuses it, and what is only worth knowing."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from homecoming import catalog
from homecoming.connection.sqlite_header import APPLICATIONS
from homecoming.errors import Refused
from homecoming.history.bookkeeping import make_way, refuse_impostors, tables_of, version_schema
from homecoming.language import tr, trn
from homecoming.logs import get_logger
from homecoming.operations.copies import is_ours
from homecoming.preflight.issue import Issue
from homecoming.project import project

log = get_logger("deploy.preflight")


def refuse_foreign_database(
    connection: sa.Connection, migration: MigrationContext, script: ScriptDirectory, whatever_revision: bool = False
) -> None:
    """Refuse a database that is not this application's, or that is at a revision this history does not know.

    Arguments: ``whatever_revision``, for a run that trusts no revision: the tables alone say whose it is.
    """
    for found in catalog.elsewhere(connection):
        raise Refused(found.what, found.todo)
    refuse_impostors(connection)
    _refuse_another_version_table(connection)
    at = migration.get_current_heads()
    if wrong := wrong_book(at, script):
        raise Refused(*wrong)
    if not at or whatever_revision:
        tables = tables_of(connection)
        ours = {*project().metadata.tables, *project().former.tables}
        if tables and not tables & ours and not any(_is_a_copy(connection, name) for name in tables):
            raise Refused(
                _whose(
                    connection,
                    trn(
                        "the database has {n} table, and none of this application's",
                        "the database has {n} tables, and none of this application's",
                        len(tables),
                    ),
                ),
                tr("Correct DATABASE_URL; an empty database will do"),
            )


def _whose(connection: sa.Connection, what: str) -> str:
    """Return a refusal with which other program a SQLite file says it belongs to, where it says so."""
    if connection.dialect.name != "sqlite":
        return what
    program = APPLICATIONS.get(connection.exec_driver_sql("PRAGMA application_id").scalar_one(), "")
    return tr("{what}: it says that it is {program}'s", what=what, program=program) if program else what


def wrong_book(at: Sequence[str], script: ScriptDirectory) -> tuple[str, str] | None:
    """Return what is wrong with the rows of alembic_version, and what to do: one that nobody knows, or two.

    Where a history has one line, a database has one revision.
    """
    known = [revision.revision for revision in script.walk_revisions()]
    if unknown := sorted({revision for revision in at if revision not in known}):
        return (
            tr(
                "the database is at revision {revision!r}, which this history does not know",
                revision=", ".join(unknown),
            ),
            tr("It may be newer than this copy: update this repository, or correct DATABASE_URL"),
        )
    if len(at) < 2:
        return None
    later = min(at, key=known.index)
    keep = f"DELETE FROM alembic_version WHERE version_num <> '{later}'"
    if set(at) == {later}:
        keep = f"DELETE FROM alembic_version; INSERT INTO alembic_version VALUES ('{later}')"
    return (
        tr("alembic_version has {at} rows where it may have one: {names}", at=len(at), names=", ".join(sorted(at))),
        tr("Keep the later, {later}, then run again, and make verify: {keep}", later=later, keep=keep),
    )


def _is_a_copy(connection: sa.Connection, table: str) -> bool:
    columns = sa.inspect(connection).get_columns(table, version_schema(connection.dialect.name))
    return is_ours(table.lower(), {column["name"].lower() for column in columns})


def find_issues(connection: sa.Connection, revisions: Collection[str] = ()) -> list[Issue]:
    """Look for what could stop a run: one round trip on PostgreSQL, one reading of the file on SQLite.

    Arguments: ``revisions``, those whose upgrade is to come.
    Returns what refuses it first, then the notes. Nothing is written, and no lock is waited for.
    """
    if connection.dialect.name == "sqlite":
        from homecoming.preflight import on_sqlite

        found = on_sqlite.find_issues(connection)
    else:
        from homecoming.preflight import on_postgresql

        found = on_postgresql.find_issues(connection, revisions)
    return sorted(found, key=lambda issue: not issue.refuses)


def preflight(connection: sa.Connection, revisions: Collection[str] = ()) -> None:
    """Look, log what was found, and refuse the run where something refuses it.

    Arguments: ``revisions`` as for ``look``.
    Errors: Refused with the first refusal, where there are several; the log has them all.
    """
    found = find_issues(connection, revisions)
    refusals = [issue for issue in found if issue.refuses]
    for issue in found:
        if not issue.refuses or len(refusals) > 1:
            log.info("Refused: %s. %s" if issue.refuses else "Note: %s. %s", issue.what, issue.todo)
    refuse(refusals)


def refuse(refusals: Sequence[Issue]) -> None:
    """Raise the first refusal, if there is one, and say how many there are besides. Errors: Refused."""
    if refusals:
        what, todo = refusals[0].what, refusals[0].todo
        if len(refusals) > 1:
            what = tr("{what} (and {more} more, listed above)", what=what, more=len(refusals) - 1)
        raise Refused(what, todo)


def _refuse_another_version_table(connection: sa.Connection) -> None:
    """Refuse where alembic_version is a view, or a table that Alembic cannot keep its revision in."""
    if connection.dialect.name == "sqlite":
        statement = (
            "SELECT m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_xinfo(m.name) WHERE name = 'version_num') "
            "FROM sqlite_master AS m WHERE lower(m.name) = 'alembic_version' AND m.type IN ('table', 'view')"
        )
    else:
        statement = (
            "SELECT relkind IN ('r', 'p') AND EXISTS (SELECT FROM pg_attribute "
            "WHERE attrelid = c.oid AND attname = 'version_num') "
            "FROM pg_class c WHERE c.oid = to_regclass('public.alembic_version')"
        )
    if connection.exec_driver_sql(statement).scalar() in (False, 0):
        raise Refused(
            tr("the name alembic_version is taken by something that is not Alembic's"),
            make_way(connection, "alembic_version"),
        )
