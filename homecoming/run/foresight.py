"""What each step of a run has to know of the later ones, and what is not done again where it was done before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationInfo, MigrationStep
from alembic.script import Script

from homecoming.operations.foreseen import Foreseen, is_by_hand
from homecoming.operations.head import head
from homecoming.operations.operation import GuardedOperation
from homecoming.operations.recorded import Said, said_by


def looking_ahead(
    steps: list[MigrationStep], migration: MigrationContext, applied: tuple[str, ...]
) -> Iterator[MigrationStep]:
    """Yield the steps, each with what the later ones settle at hand for its operations.

    Args:
        steps: Of the run, all of them.
        migration: The run.
        applied: The revisions that ran on this database before: a repair does not run what is no guarded operation of
            theirs again, nor what changes rows.
    """
    scripts = [_upgraded(step) for step in steps]
    said = {script.revision: said_by(script) for script in scripts if script and _is_later(script)}
    for place, (step, script) in enumerate(zip(steps, scripts, strict=True)):
        later = [one for other in scripts[place + 1 :] if other for one in said.get(other.revision, ())]
        again = script is not None and script.revision in applied
        migration.opts.pop("homecoming_adapts", None)
        if script and (later or again):
            migration.opts["homecoming_adapts"] = _adapts(Foreseen.of(later), again)
        if script and again and not all(one.is_guarded for one in said.get(script.revision, ())):
            step.migration_fn = _replayed(migration, said[script.revision])
        yield step


def say_head(migration: MigrationContext) -> None:
    """Run what makes the schema true: the end of a repair, for what no revision says that may run again."""
    migration.opts.pop("homecoming_adapts", None)
    _run(migration, head())


def _run(migration: MigrationContext, said: Iterable[Said]) -> None:
    operations = Operations(migration)
    for one in said:
        getattr(operations, one.name)(*one.arguments, **one.options)


def _is_later(script: Script) -> bool:
    return not is_by_hand(script.revision)


def _upgraded(step: MigrationStep) -> Script | None:
    info: MigrationInfo = step.info  # type: ignore[attr-defined]  # a property of both kinds of step
    revision = info.up_revision
    return revision if info.is_upgrade and not info.is_stamp and isinstance(revision, Script) else None


def _adapts(foreseen: Foreseen, again: bool) -> Callable[[GuardedOperation], Iterable[GuardedOperation]]:
    def adapt(operation: GuardedOperation) -> Iterable[GuardedOperation]:
        said = Said(operation.name, operation.arguments, operation.named)
        for one in foreseen.adapted(said, again):
            yield operation if one is said else GuardedOperation(one.name, *one.arguments, **one.options)

    return adapt


def _replayed(migration: MigrationContext, said: list[Said]) -> Callable[..., None]:
    """Return what runs the guarded operations of a revision, and none of Alembic's own, which do not look first."""

    def upgrade(**_options: Any) -> None:
        _run(migration, (one for one in said if one.is_guarded))

    return upgrade
