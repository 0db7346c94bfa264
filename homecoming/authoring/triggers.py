"""Triggers: one of PostgreSQL's, with those of SQLite that begin with its name."""

from __future__ import annotations

from collections.abc import Iterator

from homecoming.authoring.differences import Differences
from homecoming.authoring.former import Former
from homecoming.authoring.models import Models
from homecoming.authoring.step import Complaint, say
from homecoming.language import tr
from homecoming.operations.recorded import Said
from homecoming.schema.triggers import spoken


def trigger_steps(models: Models, former: Former, found: Differences, gone: bool) -> Iterator[Said | Complaint]:
    """Yield the steps of the triggers that went, or of those that are new or other than before."""
    now = {given[0]: Said("ensure_trigger", given) for given in spoken(models.triggers)}
    before = former.past.triggers
    if gone:
        for name in sorted(before.keys() - now.keys()):
            yield _without(before[name])
        return
    for name, said in now.items():
        if name in before and said.values == before[name].values:
            continue
        # A function of that name does something else now, or other statements do it on SQLite.
        lost = [other for other in before[name].values[4] if other not in said.values[4]] if name in before else []
        if lost:
            yield _sqlite_only(said, lost)
        yield said
    known = list(now)
    for trigger in models.triggers["sqlite"]:
        if not any(trigger.name.startswith(name) for name in known):
            yield Complaint(
                tr("the trigger {trigger} of SQLite", trigger=trigger.name),
                tr("call it as one of PostgreSQL's begins: they are one operation"),
            )


def _without(said: Said) -> Said:
    name, table, _, _, sqlite = said.values
    return say("ensure_no_trigger", name, table, *sqlite)


def _sqlite_only(said: Said, names: list[str]) -> Said:
    """Both names are gone for a moment on PostgreSQL; what comes next makes it again."""
    return say("ensure_no_trigger", said.values[0], said.values[1], *names)
