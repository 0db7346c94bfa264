"""A run through the history from our own code: what `alembic upgrade` does, without what a process has only once.

`alembic.command` goes through env.py, which finds its run in the module `alembic.context`: one a process. Two runs at
once, in two threads, would take it from each other. So the environment is made here, and handed on by hand.
"""

from __future__ import annotations

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from homecoming.run.environment import run_offline, run_online
from homecoming.run.steps import steps


def migrate(
    config: Config, direction: str, revision: str, start: str | None = None, script: ScriptDirectory | None = None
) -> None:
    """Take the database of a configuration to a revision, or print the statements that do it.

    Args:
        config: Of ``configuration()``, with the run's attributes.
        direction: upgrade, downgrade, or repair.
        revision: Where it leads.
        start: Where it begins, ``base`` or a revision: then nothing is run, and the statements are printed.
        script: The history, where it is read already: it is imported once then.

    Raises:
        HomecomingError: Where it is refused or fails; nothing is changed then.
        CommandError: For a revision nobody knows.
        sqlalchemy.exc.DBAPIError: As the driver says it.
    """
    script = script or ScriptDirectory.from_config(config)
    environment = EnvironmentContext(
        config,
        script,
        fn=lambda heads, _migration: steps(script, direction, revision, heads),
        as_sql=start is not None,
        starting_rev=start,
        destination_rev=revision,
    )
    if start is None:
        run_online(environment)
    else:
        run_offline(environment)
