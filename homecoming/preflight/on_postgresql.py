"""Preflight on PostgreSQL: one statement asks for the facts, and each becomes an issue or nothing."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from importlib import resources
from typing import Any

import sqlalchemy as sa

from homecoming.connection.answers import EVENT_TRIGGERS
from homecoming.history.words import kind_and_name
from homecoming.language import tr, trn
from homecoming.operations.copies import ENDINGS
from homecoming.preflight.issue import Issue, retired_by
from homecoming.preflight.sessions import Fact, named, sessions
from homecoming.project import project

OLDEST, NEWEST = 13, 18

# A publication may be of a schema from 15 on.
_OF_ALL = "p.puballtables"
_OF_SCHEMA = (
    f"({_OF_ALL} OR EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid "
    "AND n.pnnspid = to_regnamespace('public')))"
)

# A right to set one may be given from 15 on.
_MAY_SET = "(r.rolsuper)"
_MAY_BE_GIVEN = "(r.rolsuper OR has_parameter_privilege(name, 'SET'))"

# What a superuser alone may lift, and what it does: in the words of `lift_settings` of the helpers.
_SETTINGS = {
    "session_replication_role": ("origin", tr("triggers and foreign keys are off")),
    "zero_damaged_pages": ("off", tr("damaged pages lose their rows")),
    "ignore_checksum_failure": ("off", tr("damaged pages are taken for sound")),
}


def find_issues(connection: sa.Connection, revisions: Collection[str] = ()) -> list[Issue]:
    """Ask for the facts, in one round trip, and judge them; ``revisions`` as for ``read``."""
    return list(judge(read(connection, revisions)))


def read(connection: sa.Connection, revisions: Collection[str] = ()) -> list[Fact]:
    """Return the facts. Nothing is waited for.

    Args:
        connection: to the server.
        revisions: those whose upgrade is to come: what they take away may be shown by somebody else's view.
    """
    statement = resources.files(__package__).joinpath("preflight.sql").read_text("utf-8")
    statement = statement.replace("{event_triggers}", EVENT_TRIGGERS)
    if (connection.dialect.server_version_info or (0,)) >= (15,):
        statement = statement.replace(_OF_ALL, _OF_SCHEMA).replace(_MAY_SET, _MAY_BE_GIVEN)
    given = {
        "known": sorted({*project().metadata.tables, *project().former.tables}),
        "enums": sorted(project().enums),
        "endings": ENDINGS,
        "retired": retired_by(revisions),
    }
    rows = connection.exec_driver_sql(statement, given)
    return [Fact(kind, name, facts if isinstance(facts, dict) else json.loads(facts)) for kind, name, facts in rows]


def room(facts: list[Fact]) -> Issue:
    """Return what can be said of the disk: PostgreSQL tells how much is used, and never how much is free."""
    (used,) = (fact.facts["bytes"] for fact in facts if fact.kind == "server")
    return _note(
        tr(
            "a run may need as much disk again as the database has ({used:.0f} MB), until it ends",
            used=used / 1e6,
        ),
        tr("The server does not say how much is free: look at its volume"),
    )


def judge(facts: list[Fact]) -> Iterator[Issue]:
    """Yield what the facts mean for a run."""
    of: dict[str, list[Fact]] = {}
    for fact in facts:
        of.setdefault(fact.kind, []).append(fact)
    (server,) = of["server"]
    yield from _server(server.facts)
    yield from map(_setting, of.get("setting", []))
    # Who owns the tables has the privileges, too: this first, since the first is the advice that is given.
    rights = [
        *_owners(server.facts["role"], of.get("owned", [])),
        *_views(server.facts["role"], of.get("view", [])),
        *_privileges(server.facts),
        *_books(server.facts["role"], of.get("book", [])),
    ]
    if any(issue.refuses for issue in rights):
        yield from map(_acts, of.get("acts", []))
    yield from rights
    yield from sessions(facts)
    for fact in of.get("event trigger", []):
        yield _note(
            tr(
                "the event trigger {name} calls {function} at each change of the schema",
                name=fact.name,
                function=fact.facts["function"],
            ),
            tr(
                "Where it refuses or undoes one, the run is rolled back. Off for a while, as {owner}:"
                " ALTER EVENT TRIGGER {name} DISABLE",
                owner=fact.facts["owner"],
                name=fact.name,
            ),
        )
    for fact in of.get("publication", []):
        if number := fact.facts["tables"]:
            yield _note(
                trn(
                    "the publication {name} sends {n} table of this application's to subscribers,"
                    " which do not follow changes of the schema",
                    "the publication {name} sends {n} tables of this application's to subscribers,"
                    " which do not follow changes of the schema",
                    number,
                    name=fact.name,
                ),
                tr("Upgrade the subscribers as well, or their replication stops"),
            )


def _server(server: dict[str, Any]) -> Iterator[Issue]:
    version = server["version"] // 10000
    if version < OLDEST:
        yield _refusal(
            tr(
                "the server is PostgreSQL {version}, and {oldest} is the oldest that will do",
                version=version,
                oldest=OLDEST,
            ),
            tr("Upgrade the server, then run again"),
        )
    if version > NEWEST:
        yield _note(
            tr(
                "the server is PostgreSQL {version}, and {newest} is the newest this was tried on",
                version=version,
                newest=NEWEST,
            ),
            tr("Try it on a copy"),
        )
    if server["standby"]:
        yield _refusal(
            tr("the server is a standby, which can only be read"), tr("Connect to the primary server, then run again")
        )
    elif server["read_only"]:
        yield _refusal(
            tr(
                "transactions of the role {role} in the database {database} are set to read-only",
                role=server["role"],
                database=server["database"],
            ),
            # For the role in the database: it goes before what either has by itself, and the role may do it.
            tr(
                "Connect to the primary server, or lift it: SET default_transaction_read_only = off;"
                " ALTER ROLE {role} IN DATABASE {database} SET default_transaction_read_only = off",
                role=server["role"],
                database=server["database"],
            ),
        )


def _setting(fact: Fact) -> Issue:
    wanted, so = _SETTINGS[fact.name]
    facts = fact.facts
    return _refusal(
        tr(
            "{name} is {value}, so that {so}, and the role {role} may not lift it",
            name=fact.name,
            value=facts["value"],
            so=so,
            role=facts["role"],
        ),
        tr(
            "As a superuser, then connect anew: ALTER ROLE {session} IN DATABASE {database} SET {name} = {wanted}",
            session=facts["session"],
            database=facts["database"],
            name=fact.name,
            wanted=wanted,
        ),
    )


def _acts(fact: Fact) -> Issue:
    """Return the cause of what a role may not do that is not the one who logged in."""
    role, session, reset = fact.facts["role"], fact.facts["session"], fact.facts["reset"]
    return _refusal(
        tr(
            "this session acts as the role {role}, though {session} logged in, and {role} may not do what a run needs",
            role=role,
            session=session,
        ),
        # Who acts as another has no right of his own until he says so.
        tr(
            "A setting makes it so. As {session}, then connect anew: SET ROLE NONE; {reset}",
            session=session,
            reset=reset,
        )
        if reset
        else tr(
            "Take the role out of the options of the connection's URL, then run again, as {session}", session=session
        ),
    )


def _privileges(server: dict[str, Any]) -> Iterator[Issue]:
    role, database = server["role"], server["database"]
    if not server["database_temp"]:
        yield _refusal(
            tr("the role {role} may not make temporary objects, which the run's helpers are", role=role),
            tr(
                "As the database's owner: GRANT TEMPORARY ON DATABASE {database} TO {role}",
                database=database,
                role=role,
            ),
        )
    # Of an empty database nothing is retired.
    if server["retired"] is None and server["tables"] and not server["database_create"]:
        yield _refusal(
            tr(
                "the role {role} may not create the schema retired, which keeps what is taken out of the way", role=role
            ),
            tr("As the database's owner: GRANT CREATE ON DATABASE {database} TO {role}", database=database, role=role),
        )
    if server["public"] is None:
        yield _refusal(tr("the database has no schema public"), tr("Make it, then run again: CREATE SCHEMA public"))
    for schema in ("public", "retired"):
        if server[schema] is False:
            yield _refusal(
                tr("the role {role} may not create tables in schema {schema}", role=role, schema=schema),
                tr("As the schema's owner: GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}", schema=schema, role=role),
            )
    if not server["language"]:
        yield _refusal(
            tr("the role {role} may not use the language plpgsql, which the run's helpers are written in", role=role),
            tr(
                "As a superuser: CREATE EXTENSION IF NOT EXISTS plpgsql; GRANT USAGE ON LANGUAGE plpgsql TO {role}",
                role=role,
            ),
        )


def _owners(role: str, owned: list[Fact]) -> Iterator[Issue]:
    """One issue an owner: whoever owns the tables owns all of them, as a rule."""
    by_owner: dict[str, list[Fact]] = {}
    for fact in owned:
        # A type whose labels are right is not altered.
        if tuple(fact.facts["labels"] or ()) != project().enums.get(fact.name):
            by_owner.setdefault(fact.facts["owner"], []).append(fact)
    for owner, things in sorted(by_owner.items()):
        names = [
            thing.name if thing.facts["what"] == "table" else kind_and_name(thing.facts["what"], thing.name)
            for thing in sorted(things, key=lambda thing: (thing.facts["what"] != "table", thing.name))
        ]
        todo = (
            tr("Connect as {owner}", owner=owner)
            if things[0].facts["superuser"]
            else tr("Connect as {owner}, or let it: GRANT {owner} TO {role}", owner=owner, role=role)
        )
        yield _refusal(
            tr("the role {role} may not alter what {owner} owns: {names}", role=role, owner=owner, names=named(names)),
            todo,
        )


def _views(role: str, views: list[Fact]) -> Iterator[Issue]:
    """One issue an owner, in the words of what the server would answer."""
    by_owner: dict[str, list[Fact]] = {}
    for fact in sorted(views, key=lambda fact: fact.name):
        by_owner.setdefault(fact.facts["owner"], []).append(fact)
    for owner, shown in sorted(by_owner.items()):
        names = ", ".join(fact.name for fact in shown)
        todo = (
            tr("Connect as {owner}; or drop {names} as {owner}", owner=owner, names=names)
            if shown[0].facts["superuser"]
            else tr(
                "Connect as {owner}, or let this role be it, then run again: GRANT {owner} TO {role};"
                " or drop {names} as {owner}",
                owner=owner,
                role=role,
                names=names,
            )
        )
        yield _refusal(
            tr(
                "the role {role} may not drop what {owner} owns, over columns that this run retires: {names}",
                role=role,
                owner=owner,
                names=names.replace("public.", ""),
            ),
            todo,
        )


def _books(role: str, books: list[Fact]) -> Iterator[Issue]:
    for fact in books:
        rights = "SELECT, INSERT" + (", UPDATE, DELETE" if fact.name == "alembic_version" else "")
        yield _refusal(
            tr("the role {role} may not write to {name}", role=role, name=fact.name),
            tr(
                "Connect as {owner}, or as it: GRANT {rights} ON {name} TO {role}",
                owner=fact.facts["owner"],
                rights=rights,
                name=fact.name,
                role=role,
            ),
        )


def _refusal(what: str, todo: str) -> Issue:
    return Issue(True, what, todo)


def _note(what: str, todo: str) -> Issue:
    return Issue(False, what, todo)
