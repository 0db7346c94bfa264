"""Running the history from tests: the same Alembic commands and env.py as every user's."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import NullPool

from homecoming.connection import prepare_sqlite
from homecoming.errors import Refused
from tests.support import advice, servers
from tests.support.revisions import HEAD, NEXT, REVISIONS, ROOT, after, counted

__all__ = ["HEAD", "NEXT", "REVISIONS", "ROOT", "after", "at_head", "config", "counted", "downgrade", "upgrade"]

EMPTY = "SELECT NOT EXISTS (SELECT FROM pg_class WHERE oid >= 16384)"
"""What a user makes has a number from there on."""


def config(connectable: sa.Engine | sa.Connection) -> Config:
    """Return the configuration of this repository, for a database that is connected already."""
    made = Config(str(ROOT / "alembic.ini"))
    made.attributes["connection"] = connectable
    # The tests have their own logging.
    made.attributes["homecoming"] = True
    made.attributes["way"] = "command"
    return made


def upgrade(connectable: sa.Engine | sa.Connection, revision: str = "head") -> None:
    """Upgrade to a revision. Errors: HomecomingError, as the command line reports them."""
    with _advised(connectable):
        command.upgrade(config(connectable), revision)


def downgrade(connectable: sa.Engine | sa.Connection, revision: str) -> None:
    """Go back to a revision. Errors: HomecomingError, as the command line reports them."""
    with _advised(connectable):
        command.downgrade(config(connectable), revision)


def at_head(engine: sa.Engine) -> None:
    """Have an empty database at head, for a test that only begins there: a copy of one that was upgraded from nothing.

    It costs 40 ms where the run costs 600. The copy belongs to the superuser, and has no settings of its own.
    """
    if engine.dialect.name == "sqlite":
        assert not Path(str(engine.url.database)).exists()
        shutil.copyfile(_file_at_head(), str(engine.url.database))
        return
    with engine.connect() as connection:
        assert connection.exec_driver_sql(EMPTY).scalar(), "there is something in it"
    server, name = servers.RUNNING[int(engine.url.port or 0)], str(engine.url.database)
    server.drop_database(name)
    server.create_database(name, server.template("at_head", _upgraded))


def _upgraded(url: str) -> None:
    upgrade(sa.create_engine(url, poolclass=NullPool))


@functools.cache
def _file_at_head() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="at-head-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = sa.create_engine(f"sqlite:///{folder / 'head.db'}", poolclass=NullPool)
    prepare_sqlite(engine)
    upgrade(engine)
    return folder / "head.db"


@contextlib.contextmanager
def _advised(connectable: sa.Engine | sa.Connection) -> Iterator[None]:
    """Run what a refusal advises where it was said; within somebody's transaction there is nothing to see of it."""
    try:
        yield
    except Refused as refused:
        if isinstance(connectable, sa.Engine):
            advice.try_out(connectable, f"{refused.what}. {refused.todo}")
        raise
