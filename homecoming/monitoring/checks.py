"""What a check of health is: the form that ``health.py`` gives its judgements, and the command and the page show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class State(StrEnum):
    """How a check ended; ``UNKNOWN`` where the database could not be asked. Only ``FAILED`` is unhealthy."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One question about a database's health, and its answer.

    Attributes: ``name``, for machines; ``what`` was found and ``todo``, what to do (empty where nothing is), as texts
    with ``{fields}``, so that they can be said in another language; ``values`` for the fields.
    """

    name: str
    state: State
    what: str
    todo: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def said(self) -> str:
        """What was found, in English."""
        return self.what.format(**self.values)

    @property
    def advice(self) -> str:
        """What to do, in English."""
        return self.todo.format(**self.values)
