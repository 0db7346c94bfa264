"""What a run tells as it goes: a line of the log for people, with fields for machines, for whoever observes the run.

Who starts a run names it once (``run_named``) and may observe it (``observed``); who does something tells it
(``tell``). Neither knows the other, so that the rooms below know nothing of monitoring.
"""

from __future__ import annotations

import contextlib
import logging
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

# Every event with its fields; ``run`` comes with each. Machines read these names: they are not to change.
EVENTS: Mapping[str, tuple[str, ...]] = {
    # One try at one way to the database. ``strategy`` is its layer: direct, alternative or pooler.
    "attempt": ("strategy", "source", "number", "result", "error_class", "seconds"),
    # Another run was waited for, or a table or file that another session held; ``on`` is run or table.
    "lock_waited": ("on", "seconds"),
    "revision_started": ("revision", "direction"),
    "revision_ended": ("revision", "direction", "seconds", "rows_retired"),
    # ``way`` is as in migration_history; ``result`` is done, nothing, or the class of the error.
    "run_started": ("way", "direction", "target"),
    "run_ended": ("way", "direction", "target", "result", "exit_code", "seconds", "revision", "revisions"),
}


@dataclass(frozen=True)
class Event:
    """Something that happened in a run: its name, one of ``EVENTS``, the run it belongs to, and its fields."""

    name: str
    run: str
    fields: Mapping[str, Any]


Observer = Callable[[Event], None]

_run: ContextVar[str] = ContextVar("homecoming_run", default="")
_observers: ContextVar[tuple[Observer, ...]] = ContextVar("homecoming_observers", default=())


def current_run() -> str:
    """Return the id of the run that this thread is in, a UUID; the empty text where it is in none."""
    return _run.get()


@contextlib.contextmanager
def run_named(run: str | None = None) -> Iterator[str]:
    """Give what happens inside one id: every line of the log and migration_history have it. Within a run, that one."""
    token = _run.set(run or _run.get() or str(uuid.uuid4()))
    try:
        yield _run.get()
    finally:
        _run.reset(token)


@contextlib.contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Tell every event of this thread to ``observer`` too; what it raises is the end of the run, so it must not."""
    token = _observers.set((*_observers.get(), observer))
    try:
        yield
    finally:
        _observers.reset(token)


def tell(log: logging.Logger, level: int, event: str, fields: Mapping[str, Any], text: str, *arguments: object) -> None:
    """Log a line with fields, and tell the observers.

    Arguments: ``event``, a name of ``EVENTS``, with its ``fields``; ``text`` and ``arguments``, the line for people. Of
    level DEBUG, it is for machines alone. Neither may hold a password or a row's data.
    """
    # The run too: an application that starts with the hook logs by its own configuration, which does not know it.
    log.log(level, text, *arguments, extra={"event": event, "run": _run.get(), **fields})
    told = Event(event, _run.get(), dict(fields))
    for observer in _observers.get():
        observer(told)
