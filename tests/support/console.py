"""The console script as an operator gets it, pasted as a console sends it."""

from __future__ import annotations

import contextlib
import functools
import io
from collections import Counter

import psycopg2
import sqlalchemy as sa

from painel_migrations.cli import main
from tests.support import conservation


@functools.cache
def script(*arguments: str) -> str:
    """Return what a verb such as `sql` prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
        assert main(arguments) == 0
    return printed.getvalue()


def paste(engine: sa.Engine, text: str) -> list[str]:
    """Send a text as one message and return the server's notices. Raises psycopg2.Error where it is refused."""
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(text)
        return [notice.strip() for notice in connection.notices]


def differing_tables(one: sa.Engine, other: sa.Engine) -> list[str]:
    """Return the tables that do not hold the same rows in two databases, retired ones too; history apart."""
    first, second = (_rows(conservation.take(engine)) for engine in (one, other))
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def _rows(taken: conservation.Snapshot) -> dict[str, Counter[str]]:
    return {
        table.name: Counter(repr(sorted(row.items())) for row in table.rows)
        for table in taken.tables.values()
        if table.name != "migration_history"
    }
