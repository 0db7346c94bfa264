"""The way from a database's revision to another, step by step, and each step's own `op`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import alembic.context
import alembic.op
from alembic.operations import Operations
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationInfo, MigrationStep
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RangeNotAncestorError, ResolutionError, RevisionError
from alembic.util.exc import CommandError

from homecoming.language import tr
from homecoming.operations.undeclared import RevisionOperations


def unknown_revision(name: str) -> str:
    """Return what is said of a revision that nobody knows, in Alembic's own words."""
    return tr("Can't locate revision identified by '{name}'", name=name)


def steps(script: ScriptDirectory, direction: str, revision: str, at: tuple[str, ...]) -> list[MigrationStep]:
    """Return the steps that lead to a revision, in their order.

    Args:
        script: The history.
        direction: upgrade, downgrade, or repair, which goes up as an upgrade does.
        revision: Where they lead: a number, head, base, or one that is counted from ``at``, such as +1.
        at: Where the database is; empty for a database without a revision.

    Returns:
        The steps, none where the database is there.

    Raises:
        CommandError: For a revision nobody knows, or that does not lie in this direction.
    """
    step = MigrationStep.downgrade_from_script if direction == "downgrade" else MigrationStep.upgrade_from_script
    try:
        if direction == "downgrade":
            found = list(script.iterate_revisions(at, revision, select_for_downgrade=True))
        else:
            found = list(script.iterate_revisions(revision, at, implicit_base=True))[::-1]
    except RangeNotAncestorError as error:
        what = tr(
            "Destination {revision} is not a valid {direction} target from current head(s)",
            revision=revision,
            direction=direction,
        )
        raise CommandError(what) from error
    except ResolutionError as error:
        raise CommandError(unknown_revision(str(error.argument))) from error
    except RevisionError as error:
        raise CommandError(str(error)) from error
    return [step(script.revision_map, each) for each in found]


def upgraded(found: Iterable[MigrationStep]) -> list[str]:
    """Return the revisions whose upgrade is among these steps."""
    infos: list[MigrationInfo] = [step.info for step in found]  # type: ignore[attr-defined]  # a property of both
    return [info.up_revision_id for info in infos if info.is_upgrade and not info.is_stamp and info.up_revision_id]


def bind(revision: Script, environment: EnvironmentContext) -> None:
    """Give a revision an `op` and a `context` of this run's own, in place of Alembic's modules of these names.

    What these modules do goes to whoever set them up last in the whole process, and to nobody once that one has ended:
    a second run in another thread, such as a second start-up hook, would run on the first one's connection, or stop.
    Each of our runs reads the revisions' files for itself, so that what is bound here is this run's alone; whoever
    keeps them from one run to the next, as pytest-alembic does, has them bound anew.

    Args:
        revision: The revision that is about to run.
        environment: The run, configured.
    """
    names: dict[str, Any] = vars(revision.module)
    for name, value in list(names.items()):
        if value is alembic.op or isinstance(value, Operations):
            names[name] = RevisionOperations(environment.get_context())
        elif value is alembic.context or isinstance(value, EnvironmentContext):
            names[name] = environment
