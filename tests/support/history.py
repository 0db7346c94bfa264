"""Running the history from tests: the same Alembic commands and env.py as every user's."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from painel_migrations.errors import Refused
from tests.support import advice

ROOT = Path(__file__).resolve().parents[2]

REVISIONS = tuple(sorted(path.name[:4] for path in (ROOT / "alembic" / "versions").glob("[0-9]*.py")))
"""Every revision of the history, the first one first. A developer adds to them, and no test needs another edit."""
HEAD = REVISIONS[-1]
NEXT = f"{int(HEAD) + 1:04d}"
"""The number that a revision of a test's own has."""


def counted(number: int) -> str:
    """Return a number of revisions as the messages say it."""
    return f"{number} revision{'' if number == 1 else 's'}"


def after(revision: str) -> int:
    """Return how many revisions come after this one; `base` comes before all."""
    return len(REVISIONS) if revision == "base" else len(REVISIONS) - 1 - REVISIONS.index(revision)


def config(connectable: sa.Engine | sa.Connection) -> Config:
    """Return the configuration of this repository, for a database that is connected already."""
    made = Config(str(ROOT / "alembic.ini"))
    made.attributes["connection"] = connectable
    # The tests have their own logging.
    made.attributes["painel"] = True
    made.attributes["way"] = "command"
    return made


def upgrade(connectable: sa.Engine | sa.Connection, revision: str = "head") -> None:
    """Upgrade to a revision. Errors: PainelError, as the command line reports them."""
    with _advised(connectable):
        command.upgrade(config(connectable), revision)


def downgrade(connectable: sa.Engine | sa.Connection, revision: str) -> None:
    """Go back to a revision. Errors: PainelError, as the command line reports them."""
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
