"""Preflight on PostgreSQL: one statement asks for the facts, and each becomes a concern or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any, NamedTuple

import sqlalchemy as sa

from painel_migrations.deploy.preflight import FORMER_TABLES, Concern
from painel_migrations.schema import ENUMS, metadata

OLDEST, NEWEST = 13, 18

# Seconds. A session that holds a table for less is a request being answered, and will be gone.
HELD_FOR = 1
LONG = 60

# A line names so many things, and a kind has so many lines.
NAMED = 3
LINES = 5

# A publication may be of a schema from 15 on.
_OF_ALL = "p.puballtables"
_OF_SCHEMA = (
    f"({_OF_ALL} OR EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid "
    "AND n.pnnspid = to_regnamespace('public')))"
)


class Fact(NamedTuple):
    """A row of preflight.sql."""

    kind: str
    name: str
    facts: dict[str, Any]


def look(connection: sa.Connection) -> list[Concern]:
    """Ask for the facts, in one round trip, and judge them."""
    return list(judge(read(connection)))


def read(connection: sa.Connection) -> list[Fact]:
    """Return the facts. Nothing is waited for."""
    statement = resources.files(__package__).joinpath("preflight.sql").read_text("utf-8")
    if (connection.dialect.server_version_info or (0,)) >= (15,):
        statement = statement.replace(_OF_ALL, _OF_SCHEMA)
    given = {"known": sorted({*metadata.tables, *FORMER_TABLES}), "enums": sorted(ENUMS)}
    rows = connection.exec_driver_sql(statement, given)
    return [Fact(kind, name, facts if isinstance(facts, dict) else json.loads(facts)) for kind, name, facts in rows]


def room(facts: list[Fact]) -> Concern:
    """Return what can be said of the disk: PostgreSQL tells how much is used, and never how much is free."""
    (used,) = (fact.facts["bytes"] for fact in facts if fact.kind == "server")
    return _note(
        f"a run may need as much disk again as the database has ({used / 1e6:.0f} MB), until it ends",
        "The server does not say how much is free: look at its volume",
    )


def judge(facts: list[Fact]) -> Iterator[Concern]:
    """Yield what the facts mean for a run."""
    of: dict[str, list[Fact]] = {}
    for fact in facts:
        of.setdefault(fact.kind, []).append(fact)
    (server,) = of["server"]
    yield from _server(server.facts)
    # Who owns the tables has the privileges, too: this first, since the first is the advice that is given.
    yield from _owners(server.facts["role"], of.get("owned", []))
    yield from _privileges(server.facts)
    yield from _books(server.facts["role"], of.get("book", []))
    yield from _sessions(of)
    for fact in of.get("event trigger", []):
        yield _note(
            f"the event trigger {fact.name} calls {fact.facts['function']} at each change of the schema",
            f"Where it refuses one, the run is rolled back. Off for a while: ALTER EVENT TRIGGER {fact.name} DISABLE",
        )
    for fact in of.get("publication", []):
        if number := fact.facts["tables"]:
            yield _note(
                f"the publication {fact.name} sends {_counted(number, 'table', 'tables')} of this application's"
                " to subscribers, which do not follow changes of the schema",
                "Upgrade the subscribers as well, or their replication stops",
            )


def _server(server: dict[str, Any]) -> Iterator[Concern]:
    version = server["version"] // 10000
    if version < OLDEST:
        yield _refusal(
            f"the server is PostgreSQL {version}, and {OLDEST} is the oldest that will do",
            "Upgrade the server, then run again",
        )
    if version > NEWEST:
        yield _note(
            f"the server is PostgreSQL {version}, and {NEWEST} is the newest this was tried on", "Try it on a copy"
        )
    if server["standby"]:
        yield _refusal(
            "the server is a standby, which can only be read", "Connect to the primary server, then run again"
        )
    elif server["read_only"]:
        yield _refusal(
            f"transactions of the role {server['role']} in the database {server['database']} are set to read-only",
            "Connect to the primary server, or lift it:"
            f" ALTER DATABASE {server['database']} SET default_transaction_read_only = off",
        )


def _privileges(server: dict[str, Any]) -> Iterator[Concern]:
    role, database = server["role"], server["database"]
    if not server["database_temp"]:
        yield _refusal(
            f"the role {role} may not make temporary objects, which the run's helpers are",
            f"As the database's owner: GRANT TEMPORARY ON DATABASE {database} TO {role}",
        )
    # Of an empty database nothing is retired.
    if server["retired"] is None and server["tables"] and not server["database_create"]:
        yield _refusal(
            f"the role {role} may not create the schema retired, which keeps what is taken out of the way",
            f"As the database's owner: GRANT CREATE ON DATABASE {database} TO {role}",
        )
    if server["public"] is None:
        yield _refusal("the database has no schema public", "Make it, then run again: CREATE SCHEMA public")
    for schema in ("public", "retired"):
        if server[schema] is False:
            yield _refusal(
                f"the role {role} may not create tables in schema {schema}",
                f"As the schema's owner: GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}",
            )
    if not server["language"]:
        yield _refusal(
            f"the role {role} may not use the language plpgsql, which the run's helpers are written in",
            f"As a superuser: CREATE EXTENSION IF NOT EXISTS plpgsql; GRANT USAGE ON LANGUAGE plpgsql TO {role}",
        )


def _owners(role: str, owned: list[Fact]) -> Iterator[Concern]:
    """One concern an owner: whoever owns the tables owns all of them, as a rule."""
    by_owner: dict[str, list[Fact]] = {}
    for fact in owned:
        # A type whose labels are right is not altered.
        if tuple(fact.facts["labels"] or ()) != ENUMS.get(fact.name):
            by_owner.setdefault(fact.facts["owner"], []).append(fact)
    for owner, things in sorted(by_owner.items()):
        names = [
            thing.name if thing.facts["what"] == "table" else f"{thing.facts['what']} {thing.name}"
            for thing in sorted(things, key=lambda thing: (thing.facts["what"] != "table", thing.name))
        ]
        grant = "" if things[0].facts["superuser"] else f", or let it: GRANT {owner} TO {role}"
        yield _refusal(
            f"the role {role} may not alter what {owner} owns: {_named(names)}",
            f"Connect as {owner}{grant}",
        )


def _books(role: str, books: list[Fact]) -> Iterator[Concern]:
    for fact in books:
        rights = "SELECT, INSERT" + (", UPDATE, DELETE" if fact.name == "alembic_version" else "")
        yield _refusal(
            f"the role {role} may not write to {fact.name}",
            f"Connect as {fact.facts['owner']}, or as it: GRANT {rights} ON {fact.name} TO {role}",
        )


def holders(facts: list[Fact], least: float = 0) -> list[Concern]:
    """Return who holds tables of this application for at least so many seconds, the oldest first."""
    return list(_listed([fact for fact in facts if fact.kind == "held"], least))


def _sessions(of: dict[str, list[Fact]]) -> Iterator[Concern]:
    yield from _listed(of.get("held", []), HELD_FOR)
    yield from _listed(of.get("long", []), LONG)
    for fact in of.get("prepared", []):
        yield _note(
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
        yield _note(f"{what} {_who(fact)}", f"End it: SELECT pg_terminate_backend({fact.name})")
    if len(found) > LINES:
        yield _note(
            f"{len(found) - LINES} more sessions {'hold tables' if found[0].kind == 'held' else 'are open for long'}",
            "See them: SELECT pid, usename, application_name, xact_start FROM pg_stat_activity ORDER BY xact_start",
        )


def _held(fact: Fact) -> str:
    tables = fact.facts["tables"]
    return f"{_named(tables)} {'is' if len(tables) == 1 else 'are'} held by"


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


def _named(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _refusal(what: str, todo: str) -> Concern:
    return Concern(True, what, todo)


def _note(what: str, todo: str) -> Concern:
    return Concern(False, what, todo)
