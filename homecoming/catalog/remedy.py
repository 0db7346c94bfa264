"""What mends a difference: one statement where that is safe, and the guarded operations where it is not.

A statement here either does the whole of it or fails and changes nothing. Whatever may convert, move or drop rows is
left to the operations, which refuse what cannot be done without loss.
"""

import re

from sqlalchemy.dialects.postgresql.base import PGDialect

from homecoming.catalog.facts import Fact
from homecoming.language import tr

FIX = "make repair"

CONSTRAINTS = frozenset({"primary key", "foreign key", "unique", "check", "exclusion", "not null"})

# A statement to read and paste: parameters by name, so that no driver takes a doubled % for one.
_quote = PGDialect(paramstyle="named").identifier_preparer.quote  # type: ignore[no-untyped-call]

# A column's definition in its parts; what is neither NOT NULL nor a plain default counts as part of the type.
_COLUMN = re.compile(r"(?P<type>.+?)(?P<required> NOT NULL)?(?: DEFAULT (?P<default>.+))?", re.DOTALL)


def missing(dialect: str, fact: Fact) -> str:
    """Return what brings back an object that head has and the database has not."""
    if dialect == "sqlite":
        return _create(fact) if fact.kind in {"index", "trigger"} else FIX
    if fact.kind == "column" and "nextval(" not in fact.definition:
        return f"ALTER TABLE {_quote(fact.table)} ADD COLUMN {_own(fact)} {fact.definition}"
    if fact.kind == "enum":
        return f"CREATE TYPE {_quote(fact.name)} AS ENUM ({fact.definition})"
    if fact.kind == "sequence":
        table, column = _quote(fact.table), _quote(fact.columns[0])
        return (
            f"CREATE SEQUENCE {_quote(fact.name)} {fact.definition}; "
            f"SELECT setval('{_quote(fact.name)}', coalesce(max({column}), 0) + 1, false) FROM {table}"
        )
    if fact.kind in {"table", "column"}:
        return FIX
    return _create(fact)


def changed(dialect: str, fact: Fact, found: Fact) -> str:
    """Return what makes ``found`` what head has."""
    if fact.kind != "sequence" and dialect == "postgresql" and _leads_elsewhere(fact, found):
        # The search_path of the session that runs the statement may lead it there again.
        return FIX
    if fact.kind in {"index", "trigger"}:
        return _changed_index_or_trigger(fact, found)
    if dialect == "sqlite":
        return FIX
    if fact.kind == "column":
        return _changed_column(fact, found)
    if fact.kind == "table":
        return _changed_table(fact, found)
    if fact.kind == "function":
        return _create(fact)
    if fact.kind == "sequence":
        logged = f"; ALTER SEQUENCE {_quote(fact.name)} SET LOGGED" if "UNLOGGED" in found.definition else ""
        return f"ALTER SEQUENCE {_quote(fact.name)} {fact.definition} NO CYCLE{logged}"
    if fact.kind in CONSTRAINTS:
        return _changed_constraint(fact, found)
    return FIX


def _leads_elsewhere(fact: Fact, found: Fact) -> bool:
    """Whether a definition names in another schema what head has in public."""
    return any(
        f"{schema}.{name}" in found.definition and f"{schema}." not in fact.definition
        for schema, name in re.findall(r"(\w+|\"[^\"]+\")\.(\w+)", found.definition)
        if re.search(rf"\b{name}\b", fact.definition)
    )


def unknown(dialect: str, fact: Fact) -> str:
    """Return what ends the harm of an object that head does not know, on columns that it knows."""
    table = _quote(fact.table)
    if fact.kind == "index":
        return f"DROP INDEX {_own(fact)}"
    if dialect == "sqlite":
        return f"DROP TRIGGER {_own(fact)}" if fact.kind == "trigger" else FIX
    if fact.kind == "column":
        if " NOT NULL BY " in fact.definition:
            return FIX
        return f"ALTER TABLE {table} ALTER COLUMN {_own(fact)} DROP NOT NULL"
    if fact.kind == "sequence":
        return f"ALTER SEQUENCE {_quote(fact.name)} OWNED BY NONE"
    if fact.kind == "not null":
        return _plain_not_null(fact)
    if fact.kind in CONSTRAINTS:
        return f"ALTER TABLE {table} DROP CONSTRAINT {_own(fact)}"
    return f"DROP {fact.kind.upper()} {_own(fact)} ON {table}"


def renamed(dialect: str, fact: Fact, found: Fact) -> str:
    """Return what gives ``found`` the name that head has for it."""
    if dialect == "sqlite":
        return f"DROP {fact.kind.upper()} {_own(found)}; {_create(fact)}"
    if fact.kind in {"index", "sequence"}:
        return f"ALTER {fact.kind.upper()} {_own(found)} RENAME TO {_own(fact)}"
    if fact.kind == "trigger":
        return f"ALTER TRIGGER {_own(found)} ON {_quote(fact.table)} RENAME TO {_own(fact)}"
    return f"ALTER TABLE {_quote(fact.table)} RENAME CONSTRAINT {_own(found)} TO {_own(fact)}"


def lacking(fact: Fact, privileges: list[str], role: str) -> str:
    """Return what gives the current user the privileges it lacks; only the owner can."""
    return tr("as the owner: {statement}", statement=granted(fact, ", ".join(privileges), role))


def granted(fact: Fact, privileges: str, role: str) -> str:
    """Return what gives a role the privileges it lacks; the owner can run it, or a superuser."""
    return f"GRANT {privileges} ON {_place(fact)} TO {_quote(role)}"


def _place(fact: Fact) -> str:
    if fact.name.startswith("schema "):
        return f"SCHEMA {fact.name.removeprefix('schema ')}"
    return f"{'TABLE' if fact.tables else 'SEQUENCE'} {_quote(fact.name)}"


def given_to(kind: str, name: str, role: str) -> str:
    """Return what makes a table or an enum the property of ``role``."""
    return f"ALTER {'TABLE' if kind == 'table' else 'TYPE'} {_quote(name)} OWNER TO {_quote(role)}"


def _own(fact: Fact) -> str:
    return _quote(fact.own_name)


def _create(fact: Fact) -> str:
    """Return the statement that creates an object from its definition."""
    if fact.kind == "function":
        head, _, body = fact.definition.partition(" AS ")
        return f"CREATE OR REPLACE FUNCTION {fact.name} {head} AS $${body}$$"
    table = _quote(fact.table)
    if fact.kind == "index":
        rest = fact.definition.removeprefix("UNIQUE ")
        unique = "UNIQUE " if rest != fact.definition else ""
        using = "" if rest.startswith("(") else "USING "
        return f"CREATE {unique}INDEX {_own(fact)} ON {table} {using}{rest}"
    if fact.kind == "trigger":
        return f"CREATE TRIGGER {_own(fact)} {fact.definition}"
    return f"ALTER TABLE {table} ADD CONSTRAINT {_own(fact)} {fact.definition}"


def _changed_index_or_trigger(fact: Fact, found: Fact) -> str:
    if found.definition == f"{fact.definition} INVALID":
        return f"REINDEX INDEX {_own(fact)}"
    state = found.definition.removeprefix(fact.definition)
    if fact.kind == "trigger" and state in {" DISABLED", " REPLICA", " ALWAYS"}:
        return f"ALTER TABLE {_quote(fact.table)} ENABLE TRIGGER {_own(fact)}"
    on = "" if fact.kind == "index" or "EXECUTE FUNCTION" not in fact.definition else f" ON {_quote(fact.table)}"
    return f"DROP {fact.kind.upper()} {_own(fact)}{on}; {_create(fact)}"


def _changed_column(fact: Fact, found: Fact) -> str:
    wanted, present = (_COLUMN.fullmatch(column.definition) for column in (fact, found))
    if not wanted or not present or wanted["type"] != present["type"]:
        return FIX
    column = f"ALTER COLUMN {_own(fact)}"
    actions = []
    if wanted["default"] != present["default"]:
        actions.append(f"{column} SET DEFAULT {wanted['default']}" if wanted["default"] else f"{column} DROP DEFAULT")
    if wanted["required"] != present["required"]:
        actions.append(f"{column} {'SET' if wanted['required'] else 'DROP'} NOT NULL")
    return f"ALTER TABLE {_quote(fact.table)} {', '.join(actions)}"


def _changed_table(fact: Fact, found: Fact) -> str:
    kind, *options = found.definition.split(", ")
    table = f"ALTER TABLE {_quote(fact.name)}"
    statements = [f"{table} SET LOGGED"] if kind == "UNLOGGED TABLE" else []
    for option in options:
        if option.startswith("INHERITS "):
            statements += (f"{table} NO INHERIT {parent}" for parent in option.split()[1:])
        elif option.startswith("INHERITED BY "):
            statements += (f"ALTER TABLE {child} NO INHERIT {_quote(fact.name)}" for child in option.split()[2:])
        elif option == "ROW LEVEL SECURITY":
            statements.append(f"{table} DISABLE ROW LEVEL SECURITY")
        elif option == "FORCE ROW LEVEL SECURITY":
            statements.append(f"{table} NO FORCE ROW LEVEL SECURITY")
    return "; ".join(statements) or FIX


def _changed_constraint(fact: Fact, found: Fact) -> str:
    table = f"ALTER TABLE {_quote(fact.table)}"
    if found.definition == f"{fact.definition} NOT VALID":
        return f"{table} VALIDATE CONSTRAINT {_own(fact)}"
    if found.definition == f"{fact.definition} INVALID":
        return f"REINDEX INDEX {_own(fact)}"
    if found.definition == f"{fact.definition} DISABLED":
        target = re.search(r" REFERENCES (\S+)\(", fact.definition)
        others = f"; ALTER TABLE {target[1]} ENABLE TRIGGER ALL" if target else ""
        return f"{table} ENABLE TRIGGER ALL{others}"
    return f"{table} DROP CONSTRAINT {_own(fact)}, ADD CONSTRAINT {_own(fact)} {fact.definition}"


def _plain_not_null(fact: Fact) -> str:
    """Return what makes a NOT NULL of PostgreSQL 18 one that a dump need not name."""
    table, name = f"ALTER TABLE {_quote(fact.table)}", f"{fact.table}_{fact.columns[0]}_not_null"
    actions = []
    if fact.own_name != name:
        actions.append(f"{table} RENAME CONSTRAINT {_own(fact)} TO {_quote(name)}")
    if "NOT VALID" in fact.definition:
        actions.append(f"{table} VALIDATE CONSTRAINT {_quote(name)}")
    if "NO INHERIT" in fact.definition:
        actions.append(f"{table} ALTER CONSTRAINT {_quote(name)} INHERIT")
    return "; ".join(actions)
