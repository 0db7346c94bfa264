"""What a driver's error means: whether it may pass by itself, what to tell, and what to do."""

from __future__ import annotations

import re
import sqlite3

import sqlalchemy as sa

from homecoming.connection.answers import QUOTING, explain
from homecoming.connection.failure import Failure
from homecoming.connection.failures_postgresql import ANSWERED, FAILURES, LOST, UNKNOWN_NETWORK, UNKNOWN_SQL
from homecoming.connection.failures_sqlite import SQLITE_ANSWERS, SQLITE_FAILURES, UNKNOWN_SQLITE
from homecoming.errors import (
    FailedError,
    HomecomingError,
)
from homecoming.language import Message, tr


def classify(error: BaseException) -> tuple[Failure, str]:
    """Return the class of a driver's error, as SQLAlchemy or the driver raises it, and its words, without a row's data.

    The words are one line; of several addresses that were tried, that of the one that tells most.
    """
    original = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig is not None else error
    if isinstance(original, UnicodeDecodeError):
        # Before the log-in psycopg2 takes for UTF-8 what a server says in its own encoding: on Windows, in Portuguese,
        # it is Latin-1. After it, it would be a row's data: not to be asked about here.
        original = ConnectionError(original.object.decode("latin-1"))
    if isinstance(original, sqlite3.Error):
        text = str(original)
        name = getattr(original, "sqlite_errorname", None) or ""
        for failure in SQLITE_ANSWERS:
            if re.match(failure.codes[0], name):
                return failure, text
        return _searched(SQLITE_FAILURES, text, UNKNOWN_SQLITE)[0], text
    code: str | None = getattr(original, "pgcode", None)
    if code is None:
        found, said = _searched(FAILURES, str(original).strip() or type(original).__name__, UNKNOWN_NETWORK)
        if found is UNKNOWN_NETWORK and isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            found = LOST
        # What we have raised ourselves, such as that the time is over, is a message.
        own = next(iter(original.args), None)
        return found, own if isinstance(own, Message) else _first_line(said)
    message = getattr(getattr(original, "diag", None), "message_primary", None) or str(original)
    said = type(original).__name__ if code[:2] in QUOTING else _first_line(message)
    for failure in FAILURES:
        if any(re.match(beginning, code) for beginning in failure.codes):
            return failure, said
    return UNKNOWN_SQL, said


def meaning(
    error: sa.exc.SQLAlchemyError,
    source: str = "DATABASE_URL",
    connection: sa.Connection | None = None,
    revision: str | None = None,
) -> HomecomingError:
    """Translate a driver's error into the one to end with.

    Args:
        error: as SQLAlchemy raises it.
        source: the variable that named the database.
        connection: the one it came from, rolled back, to ask what its names and rows are about.
        revision: the one that was under way.
    """
    if not isinstance(error, sa.exc.DBAPIError) or error.orig is None:
        return FailedError(tr("{kind} while working", kind=type(error).__name__), tr(UNKNOWN_SQL.todo))
    failure, said = classify(error)
    ended = ending(failure, said, source)
    code = getattr(error.orig, "pgcode", None)
    if code is None or failure not in ANSWERED:
        return ended
    asked = explain(connection, error) if connection is not None else None
    what, todo = (asked[0], tr("Nothing was changed. {todo}", todo=asked[1])) if asked else (ended.what, ended.todo)
    if revision:
        return failure.ends(tr("revision {revision}: {what} ({code})", revision=revision, what=what, code=code), todo)
    return failure.ends(tr("{what} ({code})", what=what, code=code), todo)


def ending(failure: Failure, said: str, source: str) -> HomecomingError:
    """Return the error a failure ends with; arguments as ``classify`` returns them."""
    return failure.ends(tr(failure.what, said=said), advice(failure.todo, source))


def advice(todo: str, source: str) -> Message:
    """Return what to do, as a `Failure` has it: ``todo`` or ``doctor``.

    Args:
        todo: A template, or a message.
        source: The variable that named the database.
    """
    return todo if isinstance(todo, Message) else tr(todo, source=source)


def _searched(failures: tuple[Failure, ...], text: str, unknown: Failure) -> tuple[Failure, str]:
    """The first failure one of whose expressions is found, and the line it is found in."""
    for failure in failures:
        for expression in failure.texts:
            for line in text.splitlines():
                if re.search(expression, line):
                    return failure, line
    return unknown, text


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else tr("no reason given")
    _, answered, reason = line.partition("FATAL:  ")
    return (reason if answered else line).strip().removesuffix(":")
