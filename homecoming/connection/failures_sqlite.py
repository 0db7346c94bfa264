"""What SQLite can answer: by its text, and by its own names of errors where texts do not tell."""

from __future__ import annotations

from homecoming.connection.failure import Failure
from homecoming.errors import FailedError, LockedError, Refused
from homecoming.language import mark

_CLOSED_FILE = mark("the file cannot be written by this user")
_DAMAGED = mark("the file is damaged, or is no SQLite database")
SQLITE_FAILURES = (
    Failure(
        "rights",
        False,
        Refused,
        _CLOSED_FILE,
        mark("Change its permissions or its folder's, then run again"),
        texts=("readonly", "unable to open"),
    ),
    Failure(
        "lock",
        False,
        LockedError,
        mark("another process holds the file"),
        mark("Close the application or wait for the other run, then run again"),
        texts=("locked",),
    ),
    Failure(
        "missing",
        False,
        Refused,
        mark("something in the file needs what only the application's own connections have: {said}"),
        mark("Where the application has it, drop what needs it, then run again"),
        texts=("no such (?:function|collation sequence|module|tokenizer)", r"unknown function"),
    ),
    Failure(
        "damaged",
        False,
        Refused,
        _DAMAGED,
        mark("Bring it back from a backup, or move it away"),
        texts=("not a database", "malformed"),
    ),
    Failure(
        "resources",
        False,
        FailedError,
        mark("the disk is full"),
        mark("Nothing was changed. Free space, then run again"),
        texts=("full",),
    ),
)
# By SQLite's own names of its errors, where texts do not tell: a trigger may say anything, a row's values as well.
SQLITE_ANSWERS = (
    Failure(
        "sql",
        False,
        Refused,
        mark("a trigger of the file refuses"),
        mark(
            "Nothing was changed. Drop it, then run again. See them:"
            " SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ),
        codes=("SQLITE_CONSTRAINT_TRIGGER",),
    ),
    Failure(
        "sql",
        False,
        Refused,
        "{said}",
        mark("Nothing was changed. Correct those rows, or drop what they break, then run again"),
        codes=("SQLITE_CONSTRAINT",),
    ),
    Failure(
        "sql",
        False,
        Refused,
        "{said}",
        mark("Nothing was changed. Correct those values, then run again"),
        codes=("SQLITE_(TOOBIG|MISMATCH)",),
    ),
    Failure(
        "resources",
        False,
        FailedError,
        "{said}",
        mark("Nothing was changed. See to the disk that the file lies on, then run again"),
        codes=("SQLITE_IOERR",),
    ),
)
UNKNOWN_SQLITE = Failure(
    "sql",
    False,
    FailedError,
    mark("SQLite: {said}"),
    mark("Nothing was changed. Run again with --verbose, and report it"),
)
