"""One step of the doctor: what was asked, what came back, what to do; and how an error becomes one."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from homecoming.connection.failure import Failure
from homecoming.connection.failures import advice, classify
from homecoming.connection.failures_postgresql import FAILURES
from homecoming.errors import HomecomingError, NoConnectionError, Refused, unexpected, why
from homecoming.language import mark, tr

REPORT = tr("Run again with --verbose, and report it")
DRIVER = tr("Install it again: rm -r .venv, then run again")


class State(StrEnum):
    """How a step ended, as the report shows it."""

    OK = mark("ok")
    NOTE = mark("note")
    FAIL = mark("FAIL")
    LEFT = "-"


@dataclass(frozen=True)
class Step:
    """One step of one candidate.

    Attributes: ``name``; ``state``; ``said``, what came back; ``todo``, the advice, where it failed or decides what
    comes next; ``code``, that an upgrade would end with: 0, 3 (not reached) or 4 (refused); ``last``, true where
    nothing after it can be asked; ``by_console``, false where a variable only has to be corrected.
    """

    name: str
    state: State
    said: str
    todo: str = ""
    code: int = 0
    last: bool = False
    by_console: bool = True


def ok(name: str, said: str, todo: str = "") -> Step:
    """A step that went well."""
    return Step(name, State.OK, said, todo)


def note(name: str, said: str, todo: str = "") -> Step:
    """A step that stops nothing, but is worth knowing."""
    return Step(name, State.NOTE, said, todo)


def refused(name: str, what: str, todo: str, last: bool = False) -> Step:
    """A step that says why an upgrade would be refused."""
    return Step(name, State.FAIL, what, todo, Refused.exit_code, last)


def unreached(name: str, kind: str, said: str, source: str) -> Step:
    """A step that nothing comes after, of a named class of failures."""
    return _failed(name, next(failure for failure in FAILURES if failure.name == kind), said, source)


def from_error(name: str, error: Exception, source: str, reached: bool = False) -> Step:
    """What an error means for a step, whatever it is: by the table of failures where a driver or the system raised it.

    Arguments: ``source``, the variable that named the database; ``reached``, true once it has been.
    """
    if isinstance(error, HomecomingError):
        code = Refused.exit_code if isinstance(error, Refused) else NoConnectionError.exit_code
        return Step(name, State.FAIL, error.what, error.todo, code, last=code == NoConnectionError.exit_code)
    if isinstance(error, ImportError):
        return Step(name, State.FAIL, tr("psycopg2 cannot be loaded: {error}", error=error), DRIVER, 3, last=True)
    known = isinstance(error, OSError | sa.exc.DBAPIError | sqlite3.Error)
    if known or (isinstance(error, UnicodeDecodeError) and not reached):
        failure, said = classify(error)
        if isinstance(error, OSError) and error.strerror:
            # Without "[Errno 111]".
            said = why(error)
        return _failed(name, failure, said, source)
    told = unexpected(error, REPORT)
    if reached:
        return note(name, told.what)
    return Step(name, State.FAIL, told.what, told.todo, NoConnectionError.exit_code, last=True)


def _failed(name: str, failure: Failure, said: str, source: str) -> Step:
    lost = issubclass(failure.ends, NoConnectionError)
    code = NoConnectionError.exit_code if lost else Refused.exit_code
    return Step(name, State.FAIL, said, advice(failure.doctor or failure.todo, source), code, lost, failure.by_console)


def took(seconds: float) -> str:
    """Spell a short time."""
    return (
        tr("{seconds:.1f} ms", seconds=seconds * 1000)
        if seconds < 0.01
        else tr("{seconds:.0f} ms", seconds=seconds * 1000)
    )
