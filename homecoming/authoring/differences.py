"""What the schema has and the history does not make, and the other way round: by catalogue, on either dialect."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping

from homecoming.authoring.models import Models, former_name
from homecoming.catalog import Catalogue, Fact

# What a thing is found by whatever its dialect calls it: kind, table, and its columns or its own name.
Thing = tuple[str, str, tuple[str, ...]]

_COMPARED = ("table", "column", "primary key", "unique", "check", "foreign key", "index", "enum", "trigger", "function")
_BY_COLUMNS = frozenset({"unique", "foreign key", "check", "primary key"})


@dataclasses.dataclass(frozen=True)
class Differences:
    """Facts by what they are about: ``lacking`` in the history or other there, and ``surplus``, the history's alone.

    ``tables`` and ``columns`` are what has another name now: the old one by the new one, columns by table and name.
    """

    lacking: Mapping[Thing, Fact]
    surplus: Mapping[Thing, Fact]
    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]

    def missing(self, kind: str) -> list[Thing]:
        """Return what of a kind the history lacks or has otherwise, in the order of the schema's tables."""
        return [thing for thing in self.lacking if thing[0] == kind]

    def gone(self, kind: str) -> list[Thing]:
        """Return what of a kind the schema does not have any more."""
        return [thing for thing in self.surplus if thing[0] == kind]


def differences(models: Models, made: Iterable[tuple[Catalogue, Catalogue]]) -> Differences:
    """Compare what the schema wants with what the history made.

    Args:
        models: the schema.
        made: of each dialect, the schema's catalogue and the history's.
    """
    pairs = list(made)
    tables = _renamed_tables(models, pairs)
    lacking: dict[Thing, Fact] = {}
    surplus: dict[Thing, Fact] = {}
    for wanted, live in pairs:
        head, past = _things(wanted, {}), _things(live, tables)
        new = {new for new in tables if ("table", new, ()) in past}
        for thing, fact in head.items():
            if (
                thing not in past
                or _meaning(fact, {}) != _meaning(past[thing], tables)
                or (thing[0] == "table" and thing[1] in new)
            ):
                lacking.setdefault(thing, fact)
        surplus |= {thing: fact for thing, fact in past.items() if thing not in head and thing not in surplus}
    # In the order of the schema, whatever order the databases told them in.
    order = {table.name: place for place, table in enumerate(models.metadata.sorted_tables)}
    columns_in_order = {key: place for place, key in enumerate(models.columns)}
    lacking = dict(
        sorted(
            lacking.items(),
            key=lambda item: (
                order.get(item[0][1], -1),
                columns_in_order.get((item[0][1], "".join(item[0][2][:1])), -1),
                item[0],
            ),
        )
    )
    surplus = dict(sorted(surplus.items()))
    columns = {
        (table, name): old
        for (table, name), column in models.columns.items()
        if (old := former_name(column))
        and ("column", table, (name,)) in lacking
        and ("column", table, (old,)) in surplus
    }
    return Differences(lacking, surplus, tables, columns)


def _renamed_tables(models: Models, pairs: Iterable[tuple[Catalogue, Catalogue]]) -> dict[str, str]:
    live = {name for _, past in pairs for name in past.tables}
    return {
        table.name: old
        for table in models.metadata.sorted_tables
        if (old := former_name(table)) and old in live and table.name not in live
    }


def _things(catalogue: Catalogue, tables: Mapping[str, str]) -> dict[Thing, Fact]:
    """Return the facts that are compared. Arguments: ``tables``, the old names of tables by the new ones."""
    now = {old: new for new, old in tables.items()}
    found: dict[Thing, Fact] = {}
    for fact in catalogue.values():
        # A type that only what is retired has is nobody's.
        if fact.kind not in _COMPARED or (fact.kind in {"enum", "function"} and not fact.tables):
            continue
        table = now.get(fact.table, fact.table)
        if fact.kind in {"enum", "function"}:
            found[fact.kind, "", (fact.name.removesuffix("()"),)] = fact
        elif fact.kind == "table":
            found[fact.kind, table, ()] = fact
        elif fact.kind == "unique":
            # Of PostgreSQL the definition says the order.
            said = re.fullmatch(r"UNIQUE \((.*)\)", fact.definition)
            found[fact.kind, table, tuple(said[1].replace('"', "").split(", ")) if said else fact.columns] = fact
        elif fact.kind == "column" or fact.kind in _BY_COLUMNS:
            found[fact.kind, table, fact.columns] = fact
        else:
            found[fact.kind, table, (fact.own_name,)] = fact
    return found


def _meaning(fact: Fact, tables: Mapping[str, str]) -> str:
    """Return a definition with the names that tables have now."""
    definition = fact.definition
    for new, old in tables.items():
        definition = re.sub(rf"\b{re.escape(old)}(?=\b|_id_seq)", new, definition)
    return definition
