"""What the parts of the preflight say, and what they have in common."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from homecoming.project import project


def retired_by(revisions: Collection[str]) -> list[str]:
    """Return the columns, as table.column, that these revisions' upgrades retire."""
    return [
        column for revision, columns in project().former.retired.items() if revision in revisions for column in columns
    ]


class Issue(NamedTuple):
    """One thing in the way of a run, or worth knowing: what it is and what to do, a line each, never a row's data."""

    refuses: bool
    what: str
    todo: str
