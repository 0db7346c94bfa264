"""Where the history lies: alembic.ini and alembic/ beside the package, or inside it where it is installed."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from homecoming.project import project

if TYPE_CHECKING:
    from alembic.config import Config


def history_file() -> Path:
    """Return the path of alembic.ini."""
    return project().beside("alembic.ini")


def configuration(**attributes: object) -> Config:
    """Return Alembic's configuration for our own commands, which log and report in their own way.

    Arguments: ``attributes``, for env.py: ``connection``, an engine or a connection; ``way``, how the run came to be,
    for migration_history (a connection without one leaves no lines); ``saved``, the backup before it; ``reference``,
    true where the database is made to be compared with the schema, and so is not checked against it; ``repair``, true
    where the whole history is to run again; ``bare`` and ``section``, for the console script.
    """
    from alembic.config import Config

    config = Config(str(history_file()), cmd_opts=Namespace(quiet=True, x=None))
    # That is for plain `alembic`. Here it would go, at each look at the history, before what the application imports.
    config.remove_main_option("prepend_sys_path")
    config.attributes.update(attributes, homecoming=True)
    return config
