"""Where the history lies: alembic.ini and alembic/ beside the package, or inside it where it is installed."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config

PACKAGE = Path(__file__).resolve().parents[1]


def history_file() -> Path:
    """Return the path of alembic.ini."""
    inside = PACKAGE / "alembic.ini"
    return inside if inside.exists() else PACKAGE.parent / "alembic.ini"


def configuration(**attributes: object) -> Config:
    """Return Alembic's configuration for our own commands, which log and report in their own way.

    Arguments: ``attributes``, for env.py: ``connection``, an engine or a connection.
    """
    from alembic.config import Config

    config = Config(str(history_file()), stdout=io.StringIO() if not sys.stdout else sys.stdout)
    config.attributes.update(attributes, painel=True)
    return config
