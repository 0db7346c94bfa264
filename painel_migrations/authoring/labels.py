"""Enum types: made, brought to other labels, gone; rows that hold a label that goes get its heir."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from painel_migrations.authoring.differences import Differences
from painel_migrations.authoring.former import Former
from painel_migrations.authoring.models import Models
from painel_migrations.authoring.step import Step, say
from painel_migrations.schema.parts import bare


def enum_steps(models: Models, former: Former, found: Differences, gone: bool = False) -> Iterator[Step]:
    """Yield the steps of the enum types. Arguments: ``gone``, those that no column has any more, and nothing else."""
    if gone:
        for _, _, (name,) in found.gone("enum"):
            old = sa.Enum(*former.past.labels[name], name=name)
            yield Step([say("drop_enum", old)], [say("ensure_enum", old)])
        return
    for _, _, (name,) in found.missing("enum"):
        new = models.enums[name]
        before = former.past.labels.get(name)
        if before is None:
            yield Step([say("ensure_enum", new)], [say("drop_enum", new)])
        else:
            yield from _relabelled(models, former, new, before)


def _relabelled(models: Models, former: Former, new: sa.Enum, before: tuple[str, ...]) -> Iterator[Step]:
    name = str(new.name)
    old = sa.Enum(*before, name=name)
    columns = [(table, column) for table, column in models.of_enum(name) if former.has(table, column)]
    heirs = {gone: heir for gone, heir in models.heirs.get(name, {}).items() if gone in before and heir in new.enums}
    # A label that only has another word now: its rows follow without being touched, and what they are stays.
    renamed = {gone: heir for gone, heir in heirs.items() if heir not in before and gone not in new.enums}
    replaced = {gone: heir for gone, heir in heirs.items() if gone not in renamed and gone not in new.enums}
    for gone, heir in renamed.items():
        yield Step([say("rename_label", old, gone, heir)], [])
    for table, column in columns if heirs else ():
        back = [say("restore_values", table, column, replaced)] if replaced else []
        yield Step([say("replace_values", table, column, renamed | replaced)], back)
    yield Step([say("ensure_enum", new)], [say("tighten_enum", old, *(f"{table}.{name}" for table, name in columns))])
    # On the way back, the last comes first: the rows have the word that is a label then.
    for table, column in columns if renamed else ():
        yield Step([], [say("replace_values", table, column, {heir: gone for gone, heir in renamed.items()})])
    for gone, heir in renamed.items():
        yield Step([], [say("rename_label", new, heir, gone)])
    for table, column in columns:
        yield Step([say("ensure_column", table, bare(models.columns[table, column]))], [])
