"""Enum types: made, brought to other labels, gone; rows that hold a label that goes get its heir."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from homecoming.authoring.differences import Differences
from homecoming.authoring.former import Former
from homecoming.authoring.models import Models
from homecoming.authoring.step import say
from homecoming.operations.recorded import Said
from homecoming.schema.parts import bare


def enum_steps(models: Models, former: Former, found: Differences, gone: bool = False) -> Iterator[Said]:
    """Yield the steps of the enum types. Arguments: ``gone``, those that no column has any more, and nothing else."""
    if gone:
        for _, _, (name,) in found.gone("enum"):
            yield say("drop_enum", sa.Enum(*former.past.labels[name], name=name))
        return
    for _, _, (name,) in found.missing("enum"):
        before = former.past.labels.get(name)
        if before is None:
            yield say("ensure_enum", models.enums[name])
        else:
            yield from _relabelled(models, former, models.enums[name], before)


def _relabelled(models: Models, former: Former, new: sa.Enum, before: tuple[str, ...]) -> Iterator[Said]:
    name = str(new.name)
    columns = [(table, column) for table, column in models.of_enum(name) if former.has(table, column)]
    heirs = {gone: heir for gone, heir in models.heirs.get(name, {}).items() if gone in before and heir in new.enums}
    # A label that only has another word now: its rows follow without being touched, and what they are stays.
    renamed = {gone: heir for gone, heir in heirs.items() if heir not in before and gone not in new.enums}
    replaced = {gone: heir for gone, heir in heirs.items() if gone not in renamed and gone not in new.enums}
    for gone, heir in renamed.items():
        yield say("rename_label", sa.Enum(*before, name=name), gone, heir)
    for table, column in columns if heirs else ():
        yield say("replace_values", table, column, renamed | replaced)
    yield say("ensure_enum", new)
    for table, column in columns:
        yield say("ensure_column", table, bare(models.columns[table, column]))
