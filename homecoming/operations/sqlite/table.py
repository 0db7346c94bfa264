"""A table as its CREATE TABLE says it: columns, constraints, options."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable

from homecoming.operations.sqlite.text import key, listed, meaning, mentions, quote

PRIMARY_KEY, UNIQUE, CHECK, FOREIGN_KEY = "PRIMARY KEY", "UNIQUE", "CHECK", "FOREIGN KEY"


@dataclasses.dataclass(frozen=True)
class Column:
    """A column without its keys and checks, which are constraints of the table.

    Arguments: ``type`` and ``default`` as declared; ``not_null``, the clause or nothing; ``rest``, its COLLATE and
    GENERATED clauses.
    """

    name: str
    type: str = ""
    default: str | None = None
    not_null: str = ""
    rest: tuple[str, ...] = ()

    @functools.cached_property
    def generated(self) -> bool:
        """Whether its values are computed: it takes none."""
        return any(meaning(clause).startswith(("as ", "generated ")) for clause in self.rest)

    @property
    def spelled(self) -> str:
        """Its definition, as SQLAlchemy would order it."""
        default = f"DEFAULT {self.default}" if self.default is not None else ""
        return " ".join(part for part in (quote(self.name), self.type, default, self.not_null, *self.rest) if part)

    @functools.cached_property
    def meaning(self) -> tuple[str, ...]:
        """Equal for columns that differ in spelling only."""
        default = meaning(self.default or "null")
        return (self.name, meaning(self.type), default, meaning(self.not_null), *map(meaning, self.rest))


@dataclasses.dataclass(frozen=True)
class Constraint:
    """A constraint of a table, wherever it was written.

    Arguments: ``kind``, its first words; ``columns``, those it is about; ``body``, its text without a name; ``name``,
    if it has one; ``target``, ``target_columns`` and ``actions`` of a foreign key.
    """

    kind: str
    columns: tuple[str, ...]
    body: str
    name: str = ""
    target: str = ""
    target_columns: tuple[str, ...] = ()
    actions: str = ""

    @property
    def spelled(self) -> str:
        """Its definition."""
        return f"CONSTRAINT {quote(self.name)} {self.body}" if self.name else self.body

    @functools.cached_property
    def meaning(self) -> tuple[str, ...]:
        """Equal for constraints that differ in spelling only; what a key refers to is spelled as SQLite tells it."""
        return meaning(self.name), meaning(self.body), self.target, *self.target_columns

    @property
    def reference(self) -> str:
        """The REFERENCES clause of a foreign key."""
        there = f"({listed(self.target_columns)})" if self.target_columns else ""
        return " ".join(part for part in ("REFERENCES", quote(self.target), there, self.actions) if part)

    def is_on(self, columns: Iterable[str]) -> bool:
        """Whether it is about exactly these columns, in this order."""
        return [key(name) for name in self.columns] == [key(name) for name in columns]

    def is_about(self, column: str) -> bool:
        """Whether a column occurs in it."""
        return key(column) in map(key, self.columns)

    def known_as(self, table: str) -> str:
        """Return its name, or the one PostgreSQL would have given it in ``table``."""
        ending = {UNIQUE: "key", FOREIGN_KEY: "fkey", CHECK: "check", PRIMARY_KEY: "pkey"}[self.kind]
        among = () if self.kind == PRIMARY_KEY else self.columns
        return self.name or "_".join((table, *among, ending))


def primary_key(columns: Iterable[str]) -> Constraint:
    """Return an unnamed PRIMARY KEY."""
    names = tuple(columns)
    return Constraint(PRIMARY_KEY, names, f"PRIMARY KEY ({listed(names)})")


def unique(columns: Iterable[str]) -> Constraint:
    """Return an unnamed UNIQUE."""
    names = tuple(columns)
    return Constraint(UNIQUE, names, f"UNIQUE ({listed(names)})")


def foreign_key(
    columns: Iterable[str], target: str, target_columns: Iterable[str] = (), actions: str = "", name: str = ""
) -> Constraint:
    """Return a FOREIGN KEY. Arguments: ``target_columns``, none where the primary key of ``target`` is meant."""
    own, there = tuple(columns), tuple(target_columns)
    key = Constraint(FOREIGN_KEY, own, "", name, target, there, actions)
    return dataclasses.replace(key, body=f"FOREIGN KEY({listed(own)}) {key.reference}")


@dataclasses.dataclass(frozen=True)
class Table:
    """A table. Arguments: ``options``, what follows its closing parenthesis, such as WITHOUT ROWID."""

    name: str
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()
    autoincrement: bool = False
    options: str = ""

    def column(self, name: str) -> Column | None:
        """Return the column of that name, however its case is spelled."""
        return self._columns.get(key(name))

    @functools.cached_property
    def _columns(self) -> dict[str, Column]:
        # The first of two that a CREATE TABLE could not have, as everywhere.
        return {key(column.name): column for column in reversed(self.columns)}

    def has(self, *columns: str) -> bool:
        """Whether it has all these columns."""
        return all(self.column(name) for name in columns)

    def of_kind(self, kind: str) -> list[Constraint]:
        """Return its constraints of one kind."""
        return [constraint for constraint in self.constraints if constraint.kind == kind]

    @functools.cached_property
    def primary_key(self) -> tuple[str, ...]:
        """The columns of its primary key."""
        return next((constraint.columns for constraint in self.of_kind(PRIMARY_KEY)), ())

    @property
    def row_number(self) -> str:
        """The name that SQLite's own number of a row goes by; empty where a key takes its place."""
        own = [self.column(name) for name in self.primary_key]
        is_key = len(own) == 1 and own[0] is not None and key(own[0].type) == "integer"
        if is_key or "without rowid" in meaning(self.options):
            return ""
        return next((name for name in ("rowid", "_rowid_", "oid") if not self.has(name)), "")

    @functools.cached_property
    def meaning(self) -> tuple[object, ...]:
        """Equal for tables that differ in spelling, or in the order of their constraints, only."""
        constraints = sorted(constraint.meaning for constraint in self.constraints)
        columns = [column.meaning for column in self.columns]
        return key(self.name), tuple(columns), tuple(constraints), self.autoincrement, meaning(self.options)

    def adding(self, *columns: Column) -> Table:
        """Return it with columns at its end."""
        return dataclasses.replace(self, columns=(*self.columns, *columns))

    def replacing(self, name: str, column: Column) -> Table:
        """Return it with ``column`` in the place of the one called ``name``."""
        columns = (column if key(old.name) == key(name) else old for old in self.columns)
        return dataclasses.replace(self, columns=tuple(columns))

    def without(self, name: str) -> Table:
        """Return it without a column and without every constraint that is about it."""
        columns = tuple(column for column in self.columns if key(column.name) != key(name))
        return dataclasses.replace(self, columns=columns).dropping(lambda constraint: constraint.is_about(name))

    def dropping(self, unwanted: Callable[[Constraint], bool]) -> Table:
        """Return it without the constraints that ``unwanted`` says yes to."""
        return dataclasses.replace(self, constraints=tuple(c for c in self.constraints if not unwanted(c)))

    def constrained(self, *constraints: Constraint) -> Table:
        """Return it with more constraints."""
        return dataclasses.replace(self, constraints=(*self.constraints, *constraints))

    def statement(self, name: str | None = None) -> str:
        """Return the CREATE TABLE, laid out as SQLAlchemy does. Arguments: ``name``, another than its own."""
        parts = []
        constraints = sorted(self.constraints, key=lambda constraint: constraint.kind != PRIMARY_KEY)
        for column in self.columns:
            # AUTOINCREMENT is accepted with the column only.
            counts = self.autoincrement and column.name in self.primary_key
            parts.append(column.spelled + (" PRIMARY KEY AUTOINCREMENT" if counts else ""))
        parts += [c.spelled for c in constraints if not (self.autoincrement and c.kind == PRIMARY_KEY)]
        body = ", \n\t".join(parts)
        return f"CREATE TABLE {quote(name or self.name)} (\n\t{body}\n){f' {self.options}' if self.options else ''}"


def columns_mentioned(sql: str, columns: Iterable[Column]) -> tuple[str, ...]:
    """Return which of the columns occur in a text."""
    return tuple(column.name for column in columns if mentions(sql, column.name))
