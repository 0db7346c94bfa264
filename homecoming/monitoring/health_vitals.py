"""What a server, or a file, tells of itself, judged by thresholds: the checks of health that are about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from homecoming.language import Message, joined, mark, tr
from homecoming.monitoring.checks import Check, State
from homecoming.monitoring.snapshot import LongTransaction, SequenceUse, Vitals
from homecoming.preflight.on_sqlite import GROWTH, LEAST
from homecoming.project import project


class Threshold(NamedTuple):
    """From which value on a check warns, and from which on it fails; None where it never does."""

    warns: float | None
    fails: float | None


THRESHOLDS = {
    # Seconds of a round trip. Within a platform it takes 1 ms, across an ocean 150: more is a path that is ill, and a
    # page of the application asks ten times.
    "latency": Threshold(0.25, None),
    # Seconds a transaction is open. A request is answered in one and a report in minutes; longer, it keeps the dead
    # rows of every table, and whoever waits for it keeps the application waiting.
    "long_transactions": Threshold(300.0, None),
    # Share of the numbers that can be given. At all of them no insert passes any more: half leaves time to plan the
    # rewrite of a table, a tenth only to do it.
    "sequences": Threshold(0.5, 0.9),
    # What an upgrade may need beside the file, as a share of what is free there: beyond all of it, it is refused.
    "disk": Threshold(None, 1.0),
}

# A line names so many things; ``values`` has them all.
NAMED = 3

# A number of 64 bits.
WIDEST = 2**63 - 1

FIRST_REACH_IT = mark("First reach it: make doctor")


def unknown(name: str) -> Check:
    """Return the check of what could not be asked."""
    return Check(name, State.UNKNOWN, mark("not asked"), FIRST_REACH_IT)


def latency(asked: Vitals | None) -> Check:
    """Judge how long a round trip takes."""
    if asked is None:
        return unknown("latency")
    state = _state("latency", asked.latency)
    values = {"seconds": round(asked.latency, 6), "milliseconds": round(asked.latency * 1000, 3)}
    todo = (
        mark("Run it nearer to the database, or find what is slow on the way: make doctor")
        if state is not State.OK
        else ""
    )
    return Check("latency", state, mark("{milliseconds:.2f} ms a round trip"), todo, values)


def long_transactions(asked: Vitals | None) -> Check:
    """Judge how long transactions are open: sessions that work, sessions that sleep, and those prepared and left."""
    name = "long_transactions"
    if asked is None:
        return unknown(name)
    long = [each for each in asked.long_transactions if _state(name, each.seconds) is not State.OK]
    values: dict[str, object] = {
        "count": len(long),
        "minutes": (THRESHOLDS[name].warns or 0) / 60,
        "hidden": asked.hidden_sessions,
        "transactions": [_told(each) for each in long],
    }
    if long:
        values |= {
            "longest": _duration(max(each.seconds for each in long)),
            "who": named([_who(each) for each in long]),
        }
        values["statements"] = "; ".join(_end_of(each) for each in long[:NAMED])
        what = mark("open for more than {minutes:.0f} min: {count}, the longest for {longest} ({who})")
        return Check(name, State.WARNING, what, mark("End them, where nobody needs them: {statements}"), values)
    if asked.hidden_sessions:
        # Unhealthy is what is seen: that something is not seen alarms nobody, but it is said.
        what = mark(
            "none open for more than {minutes:.0f} min that this role may see; sessions hidden from it: {hidden}"
        )
        return Check(name, State.OK, what, values=values)
    return Check(name, State.OK, mark("none open for more than {minutes:.0f} min"), values=values)


def _told(transaction: LongTransaction) -> dict[str, object]:
    return {
        "pid": transaction.pid,
        "prepared": transaction.prepared,
        "role": transaction.role,
        "application": transaction.application,
        "seconds": round(transaction.seconds, 1),
    }


def _who(transaction: LongTransaction) -> Message:
    who = tr("session {pid}", pid=transaction.pid)
    if transaction.prepared is not None:
        who = tr("prepared {name}", name=transaction.prepared)
    if transaction.role:
        who = tr("{session} of {role}", session=who, role=transaction.role)
    return joined(", ", [who, *([transaction.application] if transaction.application else [])])


def _end_of(transaction: LongTransaction) -> str:
    if transaction.prepared is None:
        return f"SELECT pg_terminate_backend({transaction.pid})"
    return "ROLLBACK PREPARED '{}'".format(transaction.prepared.replace("'", "''"))


def invalid_indexes(asked: Vitals | None) -> Check:
    """Judge the indexes that a failed CREATE INDEX CONCURRENTLY left, also on tables that nobody knows."""
    name = "invalid_indexes"
    if asked is None:
        return unknown(name)
    found = asked.invalid_indexes
    if not found:
        return Check(name, State.OK, mark("none"), values={"count": 0})
    values = {
        "count": len(found),
        "names": named(found),
        "indexes": list(found),
        "statements": "; ".join(_mend(index) for index in found[:NAMED]),
        "drops": "; ".join(_drop(index) for index in found[:NAMED] if not _is_copy(index)),
    }
    what = mark("written to and never read: {count} ({names})")
    todo = (
        mark("{statements}. Where that fails too, rows stand against it: {drops}")
        if values["drops"]
        else mark("{statements}")
    )
    return Check(name, State.WARNING, what, todo, values)


def _mend(index: str) -> str:
    if _is_copy(index):
        return _drop(index)
    return f"REINDEX INDEX CONCURRENTLY public.{index}"


def _is_copy(index: str) -> bool:
    # What REINDEX CONCURRENTLY leaves when it fails is a copy of an index that is well.
    return re.search(r'_cc(new|old)\d*"?$', index) is not None


def _drop(index: str) -> str:
    return f"DROP INDEX CONCURRENTLY public.{index}"


def sequences(asked: Vitals | None) -> Check:
    """Judge how many numbers each table has left to give."""
    name = "sequences"
    if asked is None:
        return unknown(name)
    if not asked.sequences:
        return Check(name, State.OK, mark("no table gives numbers"), values={"count": 0})
    fullest = sorted(asked.sequences, key=_share, reverse=True)
    near = [use for use in fullest if _state(name, _share(use)) is not State.OK]
    state = _state(name, _share(fullest[0]))
    values: dict[str, object] = {
        "count": len(near),
        "fullest": f"{fullest[0].table}.{fullest[0].column}",
        "percent": round(100 * _share(fullest[0]), 3),
        "near": [{"table": use.table, "column": use.column, "used": use.used, "limit": use.limit} for use in near],
    }
    if state is State.OK:
        return Check(name, state, mark("{percent:.0f} % used at most ({fullest})"), values=values)
    values["names"] = named([f"{use.table}.{use.column} {100 * _share(use):.0f} %" for use in near])
    values["statements"] = joined("; ", [_widen(use) for use in near[:NAMED]])
    todo = mark("{statements}")
    if any(use.table in project().metadata.tables for use in near):
        values["schema_folder"] = project().schema_folder
        todo = mark("{statements}. It is drift until {schema_folder} says the same: make revision")
    return Check(name, state, mark("of all its numbers given: {names}"), todo, values)


def _share(use: SequenceUse) -> float:
    return use.used / use.limit


def _widen(use: SequenceUse) -> str:
    """Return what gives a column more numbers; one of 64 bits is near its end only where such a number was written."""
    if use.limit >= WIDEST:
        seen = f"SELECT max({use.column}) FROM {use.table}"
        return tr("no type is wider: find the row that was given such a number: {seen}", seen=seen)
    wider = f"ALTER TABLE public.{use.table} ALTER COLUMN {use.column} TYPE bigint"
    if use.is_identity:
        # Its sequence takes the type of the column along, but not a limit that was set by hand.
        return f"{wider}, ALTER COLUMN {use.column} SET NO MAXVALUE"
    return f"{wider}; ALTER SEQUENCE {use.sequence} AS bigint NO MINVALUE NO MAXVALUE"


def disk(asked: Vitals | None) -> Check:
    """Judge the room beside a SQLite file as the preflight of an upgrade does."""
    if asked is None:
        return unknown("disk")
    values: dict[str, object] = {"size": asked.size, "free": asked.free}
    if asked.size is None:
        return Check("disk", State.OK, mark("this role may not ask for its size"), values=values)
    values |= {"size_text": _size(asked.size)}
    if asked.free is None:
        return Check("disk", State.OK, mark("{size_text} used; what is free cannot be asked here"), values=values)
    needed = round(GROWTH * asked.size) + LEAST
    values |= {"needed": needed, "free_text": _size(asked.free), "needed_text": _size(needed)}
    if _state("disk", needed / max(asked.free, 1)) is State.FAILED:
        what = mark("{free_text} free, and an upgrade may need {needed_text}: it would be refused")
        return Check("disk", State.FAILED, what, mark("Free space on the disk of the file"), values)
    return Check("disk", State.OK, mark("{size_text} used, {free_text} free"), values=values)


def _state(name: str, value: float) -> State:
    """Judge a value that is worse the higher it is."""
    threshold = THRESHOLDS[name]
    if threshold.fails is not None and value > threshold.fails:
        return State.FAILED
    return State.WARNING if threshold.warns is not None and value > threshold.warns else State.OK


def named(names: Sequence[str]) -> Message:
    """Name the first of many things, and say how many more there are."""
    first = joined(", ", names[:NAMED])
    more = len(names) - NAMED
    return tr("{names} and {count} more", names=first, count=more) if more > 0 else first


def _duration(seconds: float) -> str:
    if seconds >= 2 * 86400:
        return tr("{count:.0f} days", count=seconds // 86400)
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def _size(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 10e9 else f"{size / 1e6:.1f} MB"
