"""A run from outside: that it began, and how it ended, told to the log and to whoever observes it."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass

from homecoming.connection.interrupts import Interrupted
from homecoming.errors import (
    FailedError,
    InDoubtError,
    LockedError,
    LostError,
    NoConnectionError,
    Refused,
    UsageError,
)
from homecoming.events import run_named, tell
from homecoming.logs import get_logger

log = get_logger("deploy")


@dataclass
class Report:
    """What a run is to tell of its end: where the database is, after how many revisions, and what it ends with."""

    revision: str | None = None
    revisions: int = 0
    exit_code: int = 0


@contextlib.contextmanager
def reported_run(way: str, direction: str, target: str) -> Iterator[Report]:
    """Tell the start and the end of a run, whatever ends it.

    Arguments: ``way``, as in migration_history; ``direction``; ``target``, a revision. The caller fills in what the run
    did.
    """
    fields: dict[str, object] = {"way": way, "direction": direction, "target": target}
    report, result, exit_code, began = Report(), "done", 0, time.monotonic()
    with run_named():
        tell(log, logging.DEBUG, "run_started", fields, "%s to %s", direction, target)
        try:
            yield report
            result, exit_code = "done" if report.revisions else "nothing", report.exit_code
        except BaseException as error:
            result, exit_code = _result(error)
            raise
        finally:
            fields |= {"result": result, "exit_code": exit_code, "seconds": round(time.monotonic() - began, 3)}
            fields |= {"revision": report.revision, "revisions": report.revisions}
            tell(log, logging.DEBUG, "run_ended", fields, "%s: %s", direction, result)


# What a run that did not get through is called, by what ended it: the narrower class first.
_RESULTS = (
    (InDoubtError, "in doubt"),
    (LostError, "lost"),
    (NoConnectionError, "unreachable"),
    (LockedError, "locked"),
    (Refused, "refused"),
    (UsageError, "usage"),
)


def _result(error: BaseException) -> tuple[str, int]:
    if isinstance(error, Interrupted):
        return "interrupted", error.exit_code
    for kind, name in _RESULTS:
        if isinstance(error, kind):
            return name, kind.exit_code
    return "failed", FailedError.exit_code
