"""What is written for whoever asks for a revision, and what cannot be."""

from __future__ import annotations

from typing import Any, NamedTuple

from homecoming.operations.recorded import Said

LEFT_ALONE = "or leave the whole table alone, in the project: unmanaged=({table!r},)"
"""The way out of what no guarded operation says, where the application's models are to stay as they are."""


class Complaint(NamedTuple):
    """Something that cannot be written for whoever asks: what it is, and what to do instead."""

    what: str
    todo: str


def say(name: str, *arguments: Any) -> Said:
    """Return an operation with arguments by place."""
    return Said(name, arguments)
