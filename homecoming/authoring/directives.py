"""Where Alembic asks what a revision is to say: its number, and operations in place of its own findings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation
from alembic.operations.ops import MigrationScript

from homecoming.authoring.reference import Reference
from homecoming.authoring.spelling import JSON_IMPORT, JSON_SPELLED, spelled
from homecoming.authoring.steps import steps
from homecoming.errors import Refused
from homecoming.language import joined, tr
from homecoming.operations.recorded import Said

Hook = Callable[[Any, Any, list[MigrationScript]], None]


class SaidOperation(MigrateOperation):
    """A guarded operation in a directive of Alembic's, which its renderers print."""

    def __init__(self, said: Said) -> None:
        self.said = said


@renderers.dispatch_for(SaidOperation)
def _rendered(_context: AutogenContext, operation: SaidOperation) -> str:
    return spelled(operation.said)


def hook(reference: Reference, number: str | None = None, compare: bool = True) -> Hook:
    """Return what Alembic calls with a revision that it is about to write.

    Arguments: ``number``, one that somebody asked for; ``compare``, false where the revision is to be empty.
    Errors of what is returned: Refused where the schema asks for what no revision can do as it stands; no file is
    written then.
    """

    def process(_context: Any, _revision: Any, directives: list[MigrationScript]) -> None:
        (script,) = directives
        # Behind the last number: an application may have revisions of Alembic's own naming among them.
        numbers = (int(each.revision) for each in reference.revisions if each.revision.isdecimal())
        script.rev_id = number or f"{max(numbers, default=0) + 1:04d}"
        if not compare:
            return
        former, found = reference.compared()
        said, complaints = steps(reference.models, former, found)
        if complaints:
            raise Refused(
                joined("\n", (complaint.what for complaint in complaints)),
                joined("\n", (tr("Nothing was written: {todo}", todo=complaint.todo) for complaint in complaints)),
                several=True,
            )
        assert script.upgrade_ops is not None
        assert script.downgrade_ops is not None
        script.upgrade_ops.ops = list(map(SaidOperation, said))
        script.downgrade_ops.ops = []
        if any(isinstance(value, sa.schema.SchemaItem | sa.Enum) for each in said for value in each.values):
            script.imports.add("import sqlalchemy as sa")
        if any(JSON_SPELLED in spelled(each) for each in said):
            script.imports.add(JSON_IMPORT)

    return process
