"""What is written for whoever asks for a revision, and what cannot be."""

from __future__ import annotations

from typing import Any, NamedTuple

from homecoming.language import Message, tr
from homecoming.operations.recorded import Said


class Complaint(NamedTuple):
    """Something that cannot be written for whoever asks: what it is, and what to do instead."""

    what: str
    todo: str


def or_left_alone(table: str, todo: str) -> Message:
    """Return what to do with the other way out, where the application's models are to stay as they are."""
    return tr(
        "{todo}; or leave the whole table alone, in the project: unmanaged=({table},)", todo=todo, table=repr(table)
    )


def say(name: str, *arguments: Any) -> Said:
    """Return an operation with arguments by place."""
    return Said(name, arguments)
