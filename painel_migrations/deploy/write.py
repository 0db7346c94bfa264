"""`revision` and `check`: the schema of painel_migrations/schema against what the history makes from nothing."""

from __future__ import annotations

import sys
from argparse import Namespace

from alembic import command

from painel_migrations.deploy.configuration import configuration
from painel_migrations.terminal import say


def revision(message: str) -> int:
    """Write the next revision from what the schema has and the history does not.

    It is tried at once: what it makes is compared with the schema.

    Returns 0, or 1 where it does not make all of it; errors: PainelError.
    """
    from painel_migrations.authoring.reference import reference
    from painel_migrations.authoring.words import words

    with reference() as made:
        config = configuration(written_against=made)
        # As the command line of Alembic would have it: env.py tells by this what is asked for.
        config.cmd_opts = Namespace(cmd=(command.revision, [], []), quiet=True, x=None, rev_id=None, autogenerate=True)
        written = command.revision(config, message, autogenerate=True)
        assert written is not None
        assert not isinstance(written, list)
        say(f"Written: {written.path}")
        made.build()
        _, found = made.compared()
    for line in words(found):
        say(f"{written.revision} does not make: {line}", sys.stderr)
    if found.lacking or found.surplus:
        return 1
    say("Next: say why in its docstring, then: make lint test")
    return 0


def check() -> int:
    """Look for a change of the schema without a revision.

    Returns 0 where there is none, 1 where there is; errors: PainelError where the history does not get to its end.
    """
    from painel_migrations.authoring.reference import reference
    from painel_migrations.authoring.words import words

    with reference() as made:
        _, found = made.compared()
        dialects = " and ".join({"sqlite": "SQLite", "postgresql": "PostgreSQL"}[name] for name in made.connections)
    for line in words(found):
        say(f"No revision for: {line}", sys.stderr)
    if found.lacking or found.surplus:
        say("Next: make revision M='what changed'", sys.stderr)
        return 1
    say(f"Every change of the schema has its revision, on {dialects}")
    return 0
