"""Are there backups that somebody could rely on: their age, their proof, the last drill, judged by thresholds."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from homecoming.language import mark
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.snapshot import Snapshot

_HOUR, _DAY = 3600.0, 86_400.0


class Limits(NamedTuple):
    """Seconds from which on something warns, and from which on it fails."""

    warns: float
    fails: float


LIMITS = {
    # One night that made none is noted the next noon, and a week without any is no schedule.
    "made": Limits(36 * _HOUR, 7 * _DAY),
    "proven": Limits(3 * _DAY, 14 * _DAY),
    # Two weeks that had none.
    "drilled": Limits(15 * _DAY, 45 * _DAY),
}

_ORDER = (State.FAILED, State.WARNING)


def backup(snapshot: Snapshot) -> Check:
    """Judge the backups.

    Only where somebody expects them: a nightly one was made, or a folder is named for them, which alone fails nothing.
    Who never asked for one, or makes one by hand now and then, is not told that it is old.
    """
    known = snapshot.backups
    if known.made_at is None or known.first_at is None:
        if known.is_named:
            return Check(
                "backup",
                State.WARNING,
                mark("none is in the folder that is named for them"),
                mark("make backup"),
            )
        return Check("backup", State.OK, mark("none is known here"), values={"count": 0})
    first = known.first_at
    found = (
        _made(snapshot, known.made_at),
        _proven(snapshot, known.proven_at, first),
        _drilled(snapshot, known.drilled_at, first),
    )
    for state in _ORDER:
        for check in found:
            if check.state is state:
                return check
    return found[0]


def _made(snapshot: Snapshot, at: datetime) -> Check:
    what = mark("the newest is {age} old")
    todo = mark("See why no other was made: run scripts/maintenance/nightly.sh by hand")
    return _check(snapshot, "made", at, what, todo)


def _proven(snapshot: Snapshot, at: datetime | None, first: datetime) -> Check:
    what = mark("none is proven") if at is None else mark("the newest that is proven is {age} old")
    todo = mark("make backup-verify")
    return _check(snapshot, "proven", at or first, what, todo)


def _drilled(snapshot: Snapshot, at: datetime | None, first: datetime) -> Check:
    what = mark("none was drilled") if at is None else mark("the last drill was {age} ago")
    todo = mark("make drill")
    return _check(snapshot, "drilled", at or first, what, todo)


def _check(snapshot: Snapshot, about: str, at: datetime, what: str, todo: str) -> Check:
    seconds, known = (snapshot.taken_at - at).total_seconds(), snapshot.backups
    state = State.OK
    if seconds > LIMITS[about].warns and (known.is_nightly or known.is_named):
        state = State.FAILED if seconds > LIMITS[about].fails and known.is_nightly else State.WARNING
    values = {"count": known.count, "about": about, "seconds": round(seconds), "age": _age(seconds)}
    return Check("backup", state, what, todo if state is not State.OK else "", values)


def _age(seconds: float) -> str:
    if seconds < _HOUR:
        return f"{max(0.0, seconds) / 60:.0f} min"
    return f"{seconds / _HOUR:.0f} h" if seconds < 2 * _DAY else f"{seconds / _DAY:.0f} d"
