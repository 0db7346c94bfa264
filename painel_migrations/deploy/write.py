"""`revision` and `check`: the schema of painel_migrations/schema against what the history makes from nothing."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import TYPE_CHECKING

from alembic import command
from alembic.util.exc import CommandError
from sqlalchemy.exc import DBAPIError

from painel_migrations.deploy.configuration import configuration
from painel_migrations.errors import PainelError
from painel_migrations.terminal import as_json, say, show

if TYPE_CHECKING:
    from painel_migrations.authoring.judging import Judgement


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
    say("Next: say why in its docstring, then: make check lint test")
    return 0


def check(form: str = "text", start: str | None = None) -> int:
    """Judge the new revisions, and look for a change of the schema without a revision.

    Args:
        form: text, json or markdown.
        start: The last revision that is not new; None for those that the main branch does not have.

    Returns:
        0 where there is nothing to do, 1 where there is.

    Raises:
        PainelError: Where the history does not get to its end. What the judgement says comes before.
    """
    from painel_migrations.authoring.judging import judge

    judgement = judge(start)
    differs: list[str] = []
    dialects, stopped = "", None
    try:
        differs, dialects = _compared()
    except (PainelError, CommandError, DBAPIError) as error:
        # It may be why.
        stopped = error
    _tell(form, judgement, differs, dialects, stopped is not None)
    if stopped is not None:
        raise stopped
    return 0 if judgement.is_clean and not differs else 1


def _compared() -> tuple[list[str], str]:
    """Return what the schema has and the history does not make, and where it was tried."""
    from painel_migrations.authoring.reference import reference
    from painel_migrations.authoring.words import words

    with reference() as made:
        _, found = made.compared()
        dialects = " and ".join({"sqlite": "SQLite", "postgresql": "PostgreSQL"}[name] for name in made.connections)
    return list(words(found)), dialects


def _tell(form: str, judgement: Judgement, differs: list[str], dialects: str, is_stopped: bool) -> None:
    from painel_migrations.authoring.judging import report

    if form == "json":
        equal = None if is_stopped else not differs
        show(as_json({"equal": equal, "differences": differs, **report.document(judgement)}, indent=2))
        return
    if form == "markdown":
        show(report.markdown(judgement, differs))
        return
    say(report.heading(judgement))
    for line in report.lines(judgement):
        say(line)
    if not judgement.is_clean:
        say(report.summary(judgement), sys.stderr)
    for line in differs:
        say(f"No revision for: {line}", sys.stderr)
    if differs:
        say("Next: make revision M='what changed'", sys.stderr)
    elif not is_stopped:
        say(f"Every change of the schema has its revision, on {dialects}")
