"""What a check of health is: the form that ``health.py`` gives its judgements, and the command and the page show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from homecoming.language import Message, tr


class State(StrEnum):
    """How a check ended; ``UNKNOWN`` where the database could not be asked. Only ``FAILED`` is unhealthy."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"

    @property
    def word(self) -> Message:
        """The state, for people: what is unhealthy is loud."""
        return _STATES[self]


_STATES = {
    State.OK: tr("ok"),
    State.WARNING: tr("warning"),
    State.FAILED: tr("FAILED"),
    State.UNKNOWN: tr("unknown"),
}

_NAMES = {
    str(name): name
    for name in (
        tr("reachable"),
        tr("latency"),
        tr("revision"),
        tr("drift"),
        tr("long_transactions"),
        tr("invalid_indexes"),
        tr("sequences"),
        tr("disk"),
        tr("last_run"),
        tr("edited"),
        tr("backup"),
    )
}

_RUN_WORDS = {
    str(word): word
    for word in (
        tr("command"),
        tr("start-up"),
        tr("console"),
        tr("done"),
        tr("nothing"),
        tr("failed"),
        tr("in doubt"),
        tr("lost"),
        tr("unreachable"),
        tr("locked"),
        tr("refused"),
        tr("usage"),
        tr("interrupted"),
        tr("overdue"),
    )
}


def run_word(word: str) -> str:
    """Return how a run went or ended, for people: a direction is a verb's name and stays one."""
    return _RUN_WORDS.get(word, word)


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
    def word(self) -> Message:
        """The name, for people."""
        return _NAMES[self.name]

    @property
    def said(self) -> Message:
        """What was found."""
        return Message((self.what,), self.values)

    @property
    def advice(self) -> Message:
        """What to do."""
        return Message((self.todo,), self.values)
