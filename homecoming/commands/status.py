"""`status`: where a database is, and what is pending. Nothing is written."""

from __future__ import annotations

import argparse

from alembic.script import ScriptDirectory

from homecoming.connection.interrupts import CancellationToken
from homecoming.connection.reach import reached
from homecoming.history.bookkeeping import versions_of
from homecoming.history.configuration import configuration
from homecoming.history.words import title
from homecoming.language import tr
from homecoming.preflight.preflight import refuse_foreign_database
from homecoming.prepare.steps import leftovers
from homecoming.settings import read_settings
from homecoming.terminal import say


def run(_given: argparse.Namespace, token: CancellationToken) -> int:
    """Print the database's revision and what is pending. Returns 0; errors: HomecomingError."""
    settings = read_settings()
    script = ScriptDirectory.from_config(configuration())
    with reached(settings, read_only=True, token=token) as endpoint:
        connection = endpoint.connection
        migration = versions_of(connection)
        refuse_foreign_database(connection, migration, script)
        at = migration.get_current_revision()
        ahead = leftovers(connection) if connection.dialect.name == "postgresql" else []
    pending = [revision for revision in script.walk_revisions(at or "base", "head") if revision.revision != at]
    say(tr("Database: {database}", database=endpoint.candidate))
    where = at or tr("no revision")
    say(tr("At: {at}", at=where) if pending else tr("At: {at} (head)", at=where))
    for revision in reversed(pending):
        say(tr("Pending: {revision}  {title}", revision=revision.revision, title=title(revision)))
    for each in ahead:
        line = tr("Made ahead: {table}: {what}", table=each.table, what=each.what)
        if not each.is_done:
            line = tr("Made ahead, half made: {table}: {what}", table=each.table, what=each.what)
        say(line)
    if pending:
        say(tr("Next: {todo}", todo="make upgrade"))
    elif ahead:
        say(tr("Next: {todo}", todo="make prepare-undo"))
    return 0
