"""Sessions and prepared transactions on PostgreSQL that hold what a run needs, and how to end each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from homecoming.language import joined, mark, tr, trn
from homecoming.preflight.issue import Issue

# Seconds. A session that holds a table for less is a request being answered, and will be gone.
HELD_FOR = 1
LONG = 60

# A line names so many things, and a kind has so many lines.
NAMED = 3
LINES = 5


# What PostgreSQL says of a session that does something, or nothing.
STATES = (
    mark("active"),
    mark("idle"),
    mark("idle in transaction"),
    mark("idle in transaction (aborted)"),
    mark("fastpath function call"),
    mark("disabled"),
)


class Fact(NamedTuple):
    """A row of preflight.sql."""

    kind: str
    name: str
    facts: dict[str, Any]


def holders(facts: list[Fact], least: float = 0) -> list[Issue]:
    """Return who holds tables of this application for at least so many seconds, the oldest first."""
    return list(_listed([fact for fact in facts if fact.kind == "held"], least))


def sessions(facts: list[Fact]) -> Iterator[Issue]:
    """Yield who holds tables, which transactions are open for long, and which are prepared and left."""
    of: dict[str, list[Fact]] = {}
    for fact in facts:
        of.setdefault(fact.kind, []).append(fact)
    yield from _listed(of.get("held", []), HELD_FOR)
    yield from _listed(of.get("long", []), LONG)
    for fact in of.get("prepared", []):
        yield Issue(
            False,
            tr(
                "{held} the prepared transaction {name}, for {duration}",
                held=_held(fact),
                name=fact.name,
                duration=_duration(fact.facts["seconds"]),
            ),
            tr("No time-out ends it: COMMIT PREPARED {name}, or ROLLBACK PREPARED {name}", name=fact.name),
        )


def _listed(sessions: list[Fact], least: float) -> Iterator[Issue]:
    """Sessions that hold tables, or whose transactions are open for long: the oldest first, and not all of many."""

    def age(fact: Fact) -> float:
        # One whose age may not be seen may be old.
        seconds = fact.facts["seconds"]
        return float("inf") if seconds is None else float(seconds)

    found = sorted((fact for fact in sessions if age(fact) >= least), key=age, reverse=True)
    for fact in found[:LINES]:
        what = _held(fact) if fact.kind == "held" else tr("a transaction is open in")
        what = tr("{what} {session}", what=what, session=_who(fact))
        yield Issue(False, what, tr("End it: SELECT pg_terminate_backend({name})", name=fact.name))
    if len(found) > LINES:
        yield Issue(
            False,
            tr("{more} more sessions hold tables", more=len(found) - LINES)
            if found[0].kind == "held"
            else tr("{more} more sessions are open for long", more=len(found) - LINES),
            tr("See them: SELECT pid, usename, application_name, xact_start FROM pg_stat_activity ORDER BY xact_start"),
        )


def _held(fact: Fact) -> str:
    tables = fact.facts["tables"]
    return trn("{tables} is held by", "{tables} are held by", len(tables), tables=named(tables))


def _who(fact: Fact) -> str:
    """A session in words: as much of it as this role may see."""
    seen = fact.facts
    who = tr("session {name}", name=fact.name)
    if seen["user"]:
        who = tr("session {name} of {user}", name=fact.name, user=seen["user"])
    if seen["application"]:
        who = tr("{session} ({application})", session=who, application=seen["application"])
    if seen["seconds"] is None:
        return who
    state = tr(seen["state"]) if seen["state"] in STATES else seen["state"] or tr("state unknown")
    return tr("{session}, for {duration}, {state}", session=who, duration=_duration(seen["seconds"]), state=state)


def _duration(seconds: float) -> str:
    if seconds >= 2 * 86400:
        return tr("{days:.0f} days", days=seconds // 86400)
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def named(names: list[str]) -> str:
    """Name the first of many things, and say how many more there are."""
    more, first = len(names) - NAMED, joined(", ", names[:NAMED])
    return tr("{first} and {more} more", first=first, more=more) if more > 0 else first
