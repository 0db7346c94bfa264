"""What differs between the catalogue that head needs and a live one.

One cause gives one finding where that can be told: what went with a missing table or column is not reported again, an
object that only has another name is not missing and unknown, and an unknown table covers what belongs to it.
"""

import re
from collections.abc import Iterator

from homecoming.catalog import reasons, remedy
from homecoming.catalog.access import owners, roles, unread
from homecoming.catalog.facts import ACCESS, OPTION, OWNER, ROLE_ACCESS, UNREAD, Catalogue, Fact, Key
from homecoming.catalog.findings import ABSENT, Finding, Severity
from homecoming.language import joined, tr

# Kinds whose objects can be told by what they are, whatever their name.
_NAMED_FREELY = frozenset(
    {"primary key", "foreign key", "unique", "check", "exclusion", "index", "trigger", "sequence"}
)
# Kinds that belong to no table: those who use them are reported where they differ.
_SHARED = frozenset({"enum", "function"})

# Judged apart: they are told by what others hold, not by what head has.
_APART = frozenset({ACCESS, ROLE_ACCESS, OWNER, UNREAD})
# A trigger for nothing but changes of some columns.
_UPDATE_OF = re.compile(r"(?:CONSTRAINT )?(?:BEFORE|AFTER) UPDATE OF ((?:[^ ,]+, ?)*[^ ,]+) ON ", re.IGNORECASE)

# All of a fact but its name.
_Likeness = tuple[str, tuple[str, ...], frozenset[str], str]


def compare(expected: Catalogue, live: Catalogue) -> list[Finding]:
    """Return the differences, drift first, in the order in which they can be mended.

    Args:
        expected: from ``expected()``; its tables and columns are the known ones.
        live: from ``read()``, of the same dialect.
    """
    missing = {key: fact for key, fact in expected.items() if key not in live and not _went_along(fact, live)}
    unknown = {key: fact for key, fact in live.items() if key not in expected and fact.kind not in _APART}
    findings = [*_renamed(live.dialect, missing, unknown)]
    findings += (_missing(fact, live) for fact in missing.values())
    findings += (finding for fact in unknown.values() for finding in _unknown(fact, expected))
    for key, fact in expected.items():
        # A sequence outlives a table that was renamed away: the table is the finding.
        moved = fact.kind == "sequence" and fact.table not in live.tables
        if key in live and not moved and (finding := _changed(fact, live[key], live.dialect)):
            findings.append(finding)
    findings += [*roles(expected, live), *owners(expected, live), *unread(expected, live)]
    return sorted(findings, key=lambda finding: finding.order)


def _went_along(fact: Fact, live: Catalogue) -> bool:
    """Tell whether a missing fact is missing because its table or a column of it is."""
    if fact.kind == ACCESS:
        return True
    if fact.kind == "table" or fact.kind in _SHARED:
        return False
    if any(table not in live.tables for table in fact.tables):
        return True
    return fact.kind != "column" and not live.columns_of(fact.table).issuperset(fact.columns)


def _renamed(dialect: str, missing: dict[Key, Fact], unknown: dict[Key, Fact]) -> Iterator[Finding]:
    """Yield what exists under another name, and take it out of ``missing`` and ``unknown``."""
    candidates: dict[_Likeness, list[Fact]] = {}
    # By name, so that of several the same one is taken always, here and in verdict.sql.
    for fact in sorted(unknown.values(), key=_own_order, reverse=True):
        if fact.kind in _NAMED_FREELY:
            candidates.setdefault(_likeness(fact), []).append(fact)
    for fact in sorted(missing.values(), key=_own_order):
        if twins := candidates.get(_likeness(fact)):
            twin = twins.pop()
            del missing[fact.key], unknown[twin.key]
            yield Finding(
                fact.kind,
                fact.name,
                fact.definition,
                tr("the same under the name {name}", name=twin.own_name),
                Severity.FAIL,
                reasons.RENAMED,
                remedy.renamed(dialect, fact, twin),
            )


def _own_order(fact: Fact) -> str:
    return fact.name


def _likeness(fact: Fact) -> _Likeness:
    return fact.kind, fact.tables, frozenset(fact.columns), fact.definition


def _missing(fact: Fact, live: Catalogue) -> Finding:
    found: str = ABSENT
    if fact.kind == "table" and ("view", fact.name) in live:
        found = live["view", fact.name].definition
    run = remedy.missing(live.dialect, fact)
    return Finding(fact.kind, fact.name, fact.definition, found, Severity.FAIL, reasons.MISSING[fact.kind], run)


def _changed(fact: Fact, found: Fact, dialect: str) -> Finding | None:
    if fact.kind == ACCESS:
        # More than is needed is no drift.
        held = found.definition.split(", ")
        lacking = [privilege for privilege in fact.definition.split(", ") if privilege not in held]
        if not lacking:
            return None
        run = remedy.lacking(fact, lacking, *found.columns)
        seen = joined(", ", (tr("no {right}", right=right) for right in lacking))
        return Finding(fact.kind, fact.name, fact.definition, seen, Severity.FAIL, reasons.CHANGED[fact.kind], run)
    if fact.definition == found.definition:
        return None
    return Finding(
        fact.kind,
        fact.name,
        fact.definition,
        found.definition,
        Severity.FAIL,
        reasons.changed(fact.kind, fact.definition, found.definition),
        remedy.changed(dialect, fact, found),
    )


def _unknown(fact: Fact, expected: Catalogue) -> Iterator[Finding]:
    """Yield the finding that an object head does not know deserves, if it deserves one of its own."""
    known_users = expected.tables.intersection(fact.tables)
    if fact.kind in {"table", "view"} | _SHARED:
        # A view in the place of a table is what was found instead; a type or a function that a known table uses is
        # what that table's column or trigger differs in.
        if not known_users:
            yield _note(fact)
    elif not fact.tables:
        yield _note(fact)
    elif known_users:
        yield from _unknown_on_table(fact, expected)


def _unknown_on_table(fact: Fact, expected: Catalogue) -> Iterator[Finding]:
    blocks = fact.kind != "column" or _needs_value(fact.definition)
    known = expected.columns_of(fact.table)
    if fact.kind == OPTION:
        if known.issuperset(fact.columns):
            yield _note(fact)
    elif fact.kind != "column" and not _touches(fact, known):
        # The name of a NOT NULL is part of its column.
        if fact.kind != "not null":
            yield _note(fact)
    elif blocks:
        run = remedy.unknown(expected.dialect, fact)
        yield Finding(fact.kind, fact.name, ABSENT, fact.definition, Severity.FAIL, reasons.UNKNOWN[fact.kind], run)
    else:
        yield _note(fact)


def _touches(fact: Fact, known: frozenset[str]) -> bool:
    """Tell whether an object stands in the way of known columns; a trigger does wherever it fires for one."""
    if fact.kind != "trigger":
        return known.issuperset(fact.columns)
    only = _UPDATE_OF.match(fact.definition)
    return only is None or not known.isdisjoint(only[1].replace(" ", "").split(","))


def _needs_value(definition: str) -> bool:
    return " NOT NULL" in definition and " DEFAULT " not in definition and " GENERATED" not in definition


def _note(fact: Fact) -> Finding:
    return Finding(fact.kind, fact.name, ABSENT, fact.definition, Severity.NOTE, reasons.LEFT_ALONE, "")
