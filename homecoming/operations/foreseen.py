"""What later revisions of a run change: an earlier one leaves that alone where it is there already.

A database may be past a revision that is to run: the application made its tables from newer models, or a repair begins
at the first revision. There, what the earlier revision knows is not right any more: rows may hold labels that it does
not know, a column that it calls NOT NULL may be empty. So what a later revision of the same run settles, an earlier one
makes with a table that is new, and nowhere else. The revisions that were written by hand say so themselves
(``transitional``); of all others it is seen here, by what they say.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from homecoming.operations.recorded import Said
from homecoming.project import project
from homecoming.schema.parts import names_of

# The last revision whose earlier ones know of it.


def is_by_hand(revision: str) -> bool:
    """Whether a revision is of the history that brings databases home, which no later one is."""
    return revision.isdigit() and int(revision) <= project().former.last_revision


# They change rows, and have done so where their revision ran.
_DATA = frozenset({"change_rows", "delete_rows", "fill_column"})


@dataclasses.dataclass
class Foreseen:
    """What later revisions settle.

    Args:
        columns: By table and name; the column as it is to be, None where it goes.
        loose: Columns that refer to nothing any more.
        tables: What tables are called later; the empty text where they go.
        labels: Of enum types, by name.
        keys: Unique constraints, by table and columns.
        named: Indexes and triggers, by name.
    """

    columns: dict[tuple[str, str], sa.Column[Any] | None] = dataclasses.field(default_factory=dict)
    loose: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    tables: dict[str, str] = dataclasses.field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    keys: set[tuple[str, tuple[str, ...]]] = dataclasses.field(default_factory=set)
    named: set[str] = dataclasses.field(default_factory=set)

    @classmethod
    def of(cls, later: Iterable[Said]) -> Foreseen:
        """Return what these operations settle, the first one first."""
        foreseen = cls()
        for said in later:
            if said.is_guarded and (hear := _HEARD.get(said.name)):
                hear(foreseen, said.bound)
        return foreseen

    def adapted(self, said: Said, again: bool = False) -> list[Said]:
        """Return what is left of an earlier operation without what is settled later.

        Arguments: ``again``, whether its revision has run on this database before.
        """
        if again and said.name in _DATA:
            return []
        adapt = _ADAPTED.get(said.name)
        return adapt(self, said, said.bound) if adapt and said.is_guarded else [said]

    def goes(self, table: str, *columns: str) -> bool:
        """Whether one of the columns is not there any more later, or the table is not."""
        return self.tables.get(table) == "" or any(
            (table, name) in self.columns and self.columns[table, name] is None for name in columns
        )

    def settles(self, table: str, column: sa.Column[Any]) -> bool:
        """Whether a column is another one later, or refers to a table that is."""
        of_enum = isinstance(column.type, sa.Enum) and column.type.name in self.labels
        return (table, column.name) in self.columns or of_enum or self._turns(column)

    def _turns(self, column: sa.Column[Any]) -> bool:
        return any(key.target_fullname.split(".")[0] in self.tables for key in column.foreign_keys)

    def transitional(self, table: str, column: sa.Column[Any]) -> sa.Column[Any]:
        """Return a column as a table that is new may have it: without what is not there, or not true any more."""
        is_key = (table, (column.name,)) in self.keys
        loose = (table, column.name) in self.loose or self._turns(column)
        is_index = f"ix_{table}_{column.name}" in self.named
        copy = sa.Column(
            column.name,
            column.type,
            *(() if loose else (sa.ForeignKey(key.target_fullname) for key in column.foreign_keys)),
            primary_key=column.primary_key,
            nullable=column.nullable,
            server_default=getattr(column.server_default, "arg", None),
        )
        copy.index = None if is_index else column.index
        copy.unique = None if is_key or is_index else column.unique
        return copy

    def former_names(self, table: str) -> list[str]:
        """Return a table's name, and those that it has before."""
        names = [table]
        for old, new in self.tables.items():
            if new == table:
                names += self.former_names(old)
        return names


_Arguments = Mapping[str, Any]


def _hear_column(foreseen: Foreseen, given: _Arguments) -> None:
    for table in foreseen.former_names(given["table"]):
        foreseen.columns[table, given["column"].name] = given["column"]


def _hear_change(foreseen: Foreseen, given: _Arguments) -> None:
    for table in foreseen.former_names(given["table"]):
        foreseen.loose.add((table, given["column"]))


def _hear_gone(foreseen: Foreseen, given: _Arguments) -> None:
    for table in foreseen.former_names(given["table"]):
        foreseen.columns[table, given["column"]] = None


def _hear_table(foreseen: Foreseen, given: _Arguments) -> None:
    for part in given["parts"]:
        if isinstance(part, sa.Column):
            _hear_column(foreseen, {"table": given["table"], "column": part})


def _hear_merge(foreseen: Foreseen, given: _Arguments) -> None:
    _hear_gone(foreseen, {"table": given["table"], "column": given["old"]})
    _hear_gone(foreseen, {"table": given["table"], "column": given["into"]})


def _hear_key(foreseen: Foreseen, given: _Arguments) -> None:
    foreseen.keys |= {(table, tuple(given["columns"])) for table in foreseen.former_names(given["table"])}


def _hear_enum(foreseen: Foreseen, given: _Arguments) -> None:
    for enum in (given["enum"],) if "enum" in given else given["enums"]:
        foreseen.labels[enum.name] = tuple(enum.enums)


def _hear_name(foreseen: Foreseen, given: _Arguments) -> None:
    foreseen.named.add(given["name"])


def _hear_renamed(foreseen: Foreseen, given: _Arguments) -> None:
    foreseen.tables[given["old"]] = given["new"]


def _hear_retired(foreseen: Foreseen, given: _Arguments) -> None:
    for table in foreseen.former_names(given["table"]):
        foreseen.tables[table] = ""


_HEARD: dict[str, Callable[[Foreseen, _Arguments], None]] = {
    "ensure_column": _hear_column,
    "ensure_no_foreign_key": _hear_change,
    "retire_column": _hear_gone,
    "ensure_table": _hear_table,
    "merge_column": _hear_merge,
    "ensure_unique": _hear_key,
    "ensure_no_unique": _hear_key,
    "ensure_enum": _hear_enum,
    "drop_enum": _hear_enum,
    "ensure_index": _hear_name,
    "ensure_no_index": _hear_name,
    "ensure_trigger": _hear_name,
    "ensure_no_trigger": _hear_name,
    "ensure_renamed": _hear_renamed,
    "retire_table": _hear_retired,
}


def _adapt_table(foreseen: Foreseen, said: Said, given: _Arguments) -> list[Said]:
    table, later = given["table"], foreseen.tables.get(given["table"])
    if later == "":
        return []
    parts: list[SchemaItem] = []
    transitional = [
        foreseen.transitional(table, part) if isinstance(part, sa.Column) else part for part in given["transitional"]
    ]
    changed: list[Said] = []
    for part in given["parts"]:
        if isinstance(part, sa.UniqueConstraint):
            if (table, tuple(names_of(part))) not in foreseen.keys and not foreseen.goes(table, *names_of(part)):
                parts.append(part)
        elif foreseen.settles(table, part):
            transitional.append(foreseen.transitional(table, part))
            changed += _if_lacking(foreseen, table, transitional[-1])
        else:
            parts.append(foreseen.transitional(table, part))
    unless = given["unless"] or later or ""
    # A table that took another name has what it lacks from there on.
    return [
        Said(said.name, (table, *parts), {"transitional": transitional, "unless": unless}),
        *([] if unless else changed),
    ]


def _if_lacking(foreseen: Foreseen, table: str, column: sa.Column[Any]) -> list[Said]:
    """Return what makes a column that is changed later, where it is missing, and the key and index of its own."""
    if foreseen.goes(table, column.name):
        return []
    said = [Said("lacking_column", (table, column))]
    if column.index:
        unique = {"unique": bool(column.unique)}
        said.append(Said("ensure_index", (f"ix_{table}_{column.name}", table, column.name), unique))
    elif column.unique:
        said.append(Said("ensure_unique", (table, column.name)))
    return said


def _adapt_column(foreseen: Foreseen, said: Said, given: _Arguments) -> list[Said]:
    table, column = given["table"], given["column"]
    if not foreseen.settles(table, column):
        return [Said(said.name, (table, foreseen.transitional(table, column)))]
    name = (
        "transitional_column"
        if foreseen.goes(table, column.name) or said.name == "transitional_column"
        else "lacking_column"
    )
    return [Said(name, (table, foreseen.transitional(table, column)))]


def _adapt_gone(foreseen: Foreseen, said: Said, given: _Arguments) -> list[Said]:
    """A column that goes, and is there again later, stays."""
    name = given["old"] if "old" in given else given["column"]
    return [] if foreseen.columns.get((given["table"], name)) is not None else [said]


def _adapt_key(foreseen: Foreseen, said: Said, given: _Arguments) -> list[Said]:
    table, columns = given["table"], tuple(given["columns"])
    return [] if (table, columns) in foreseen.keys or foreseen.goes(table, *columns) else [said]


def _adapt_enum(foreseen: Foreseen, said: Said, given: _Arguments) -> list[Said]:
    return [
        Said(said.name, (given["enum"],), {"transitional": True}) if given["enum"].name in foreseen.labels else said
    ]


def _adapt_named(foreseen: Foreseen, said: Said, given: _Arguments) -> list[Said]:
    is_settled = given["name"] in foreseen.named or foreseen.goes(given["table"], *given.get("columns", ()))
    return [] if is_settled else [said]


def _adapt_values(foreseen: Foreseen, said: Said, given: _Arguments) -> list[Said]:
    """A label that goes, and is one again later, stays in its rows."""
    column = foreseen.columns.get((given["table"], given["column"]))
    later = column.type.enums if isinstance(column, sa.Column) and isinstance(column.type, sa.Enum) else ()
    pairs = {old: new for old, new in given["pairs"].items() if old not in later}
    return [Said(said.name, (given["table"], given["column"], pairs))] if pairs else []


_ADAPTED: dict[str, Callable[[Foreseen, Said, _Arguments], list[Said]]] = {
    "ensure_table": _adapt_table,
    "ensure_column": _adapt_column,
    "transitional_column": _adapt_column,
    "retire_column": _adapt_gone,
    "merge_column": _adapt_gone,
    "ensure_unique": _adapt_key,
    "try_add_unique": _adapt_key,
    "ensure_enum": _adapt_enum,
    "ensure_index": _adapt_named,
    "ensure_trigger": _adapt_named,
    "replace_values": _adapt_values,
}
