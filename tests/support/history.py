"""Running the history from tests: the same Alembic commands and env.py as every user's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from homecoming.errors import Refused
from tests.support import advice
from tests.support.revisions import HEAD, NEXT, REVISIONS, ROOT, after, counted

__all__ = ["HEAD", "NEXT", "REVISIONS", "ROOT", "after", "config", "counted", "downgrade", "upgrade"]


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


@contextlib.contextmanager
def _advised(connectable: sa.Engine | sa.Connection) -> Iterator[None]:
    """Run what a refusal advises where it was said; within somebody's transaction there is nothing to see of it."""
    try:
        yield
    except Refused as refused:
        if isinstance(connectable, sa.Engine):
            advice.try_out(connectable, f"{refused.what}. {refused.todo}")
        raise
