"""Sessions and prepared transactions on PostgreSQL that hold what a run needs, and how to end each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from homecoming.preflight.issue import Concern

# Seconds. A session that holds a table for less is a request being answered, and will be gone.
HELD_FOR = 1
LONG = 60

# A line names so many things, and a kind has so many lines.
NAMED = 3
LINES = 5


class Fact(NamedTuple):
    """A row of preflight.sql."""

    kind: str
    name: str
    facts: dict[str, Any]


def holders(facts: list[Fact], least: float = 0) -> list[Concern]:
    """Return who holds tables of this application for at least so many seconds, the oldest first."""
    return list(_listed([fact for fact in facts if fact.kind == "held"], least))


def sessions(facts: list[Fact]) -> Iterator[Concern]:
    """Yield who holds tables, which transactions are open for long, and which are prepared and left."""
    of: dict[str, list[Fact]] = {}
    for fact in facts:
        of.setdefault(fact.kind, []).append(fact)
    yield from _listed(of.get("held", []), HELD_FOR)
    yield from _listed(of.get("long", []), LONG)
    for fact in of.get("prepared", []):
        yield Concern(
            False,
            f"{_held(fact)} the prepared transaction {fact.name}, for {_duration(fact.facts['seconds'])}",
            f"No time-out ends it: COMMIT PREPARED {fact.name}, or ROLLBACK PREPARED {fact.name}",
        )


def _listed(sessions: list[Fact], least: float) -> Iterator[Concern]:
    """Sessions that hold tables, or whose transactions are open for long: the oldest first, and not all of many."""

    def age(fact: Fact) -> float:
        # One whose age may not be seen may be old.
        seconds = fact.facts["seconds"]
        return float("inf") if seconds is None else float(seconds)

    found = sorted((fact for fact in sessions if age(fact) >= least), key=age, reverse=True)
    for fact in found[:LINES]:
        what = _held(fact) if fact.kind == "held" else "a transaction is open in"
        yield Concern(False, f"{what} {_who(fact)}", f"End it: SELECT pg_terminate_backend({fact.name})")
    if len(found) > LINES:
        yield Concern(
            False,
            f"{len(found) - LINES} more sessions {'hold tables' if found[0].kind == 'held' else 'are open for long'}",
            "See them: SELECT pid, usename, application_name, xact_start FROM pg_stat_activity ORDER BY xact_start",
        )


def _held(fact: Fact) -> str:
    tables = fact.facts["tables"]
    return f"{named(tables)} {'is' if len(tables) == 1 else 'are'} held by"


def _who(fact: Fact) -> str:
    """A session in words: as much of it as this role may see."""
    seen = fact.facts
    parts = [f"session {fact.name}"]
    parts += [f"of {seen['user']}"] if seen["user"] else []
    parts += [f"({seen['application']})"] if seen["application"] else []
    words = " ".join(parts)
    if seen["seconds"] is None:
        return words
    return f"{words}, for {_duration(seen['seconds'])}, {seen['state'] or 'state unknown'}"


def _duration(seconds: float) -> str:
    for size, unit in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {unit}"
    return f"{seconds:.0f} s"


def named(names: list[str]) -> str:
    """Name the first of many things, and say how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
