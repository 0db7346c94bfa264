"""Running the history from tests: the same Alembic commands and env.py as every user's."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]


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
    command.upgrade(config(connectable), revision)


def downgrade(connectable: sa.Engine | sa.Connection, revision: str) -> None:
    """Go back to a revision. Errors: PainelError, as the command line reports them."""
    command.downgrade(config(connectable), revision)
