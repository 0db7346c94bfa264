"""A fact of a catalogue, and a catalogue as the facts it holds."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

Key = tuple[str, str]

# What the current user may do is a fact of the session, not of the database.
ACCESS = "access"

# Of other roles: one fact each, of the tables it may do everything with, and of what it lacks elsewhere.
ROLE_ACCESS = "role access"

# Whom a table or an enum belongs to, and how it is stored: nothing of the application depends on these.
OWNER, OPTION = "owner", "option"

# A table whose rows are not read, and why: it would run another role's code.
UNREAD = "unread"

# What belongs to no state: a fingerprint leaves it out.
BESIDE = frozenset({ACCESS, ROLE_ACCESS, OWNER, OPTION, UNREAD})

# Bookkeeping of the migrations themselves.
IGNORED_TABLES = frozenset({"alembic_version", "migration_history"})


@dataclasses.dataclass(frozen=True, slots=True)
class Fact:
    """One object as the catalogue describes it.

    Args:
        kind: ``table``, ``column``, ``primary key``, ``foreign key``, ``unique``, ``check``, ``index``, ``enum``, ...
        name: what it is found by within its kind; what a table owns begins with the table: ``usuarios.usuarios_pkey``.
        definition: everything else about it, without its name, so that a renamed object is recognised.
        tables: the table it belongs to, or those that use it.
        columns: the columns of that table it covers.
    """

    kind: str
    name: str
    definition: str
    tables: tuple[str, ...] = dataclasses.field(default=(), compare=False)
    columns: tuple[str, ...] = dataclasses.field(default=(), compare=False)

    @property
    def key(self) -> Key:
        """What the fact is found by in a catalogue."""
        return self.kind, self.name

    @property
    def table(self) -> str:
        """The first table of the fact, or the empty text."""
        return self.tables[0] if self.tables else ""

    @property
    def own_name(self) -> str:
        """The name without the table it begins with."""
        return self.name.removeprefix(f"{self.table}.")


class Catalogue(Mapping[Key, Fact]):
    """The facts of one database by kind and name.

    Args:
        dialect: SQLAlchemy's name of it, ``postgresql`` or ``sqlite``.
        facts: in any order; no two with the same kind and name.
    """

    def __init__(self, dialect: str, facts: Iterable[Fact]) -> None:
        self.dialect = dialect
        self._facts = {fact.key: fact for fact in facts}
        self._columns: dict[str, set[str]] = {}
        for fact in self._facts.values():
            if fact.kind == "column":
                self._columns.setdefault(fact.table, set()).add(fact.columns[0])

    def __getitem__(self, key: Key) -> Fact:
        return self._facts[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._facts)

    def __len__(self) -> int:
        return len(self._facts)

    def of_kind(self, kind: str) -> list[Fact]:
        """Return the facts of one kind, by name."""
        return sorted((fact for fact in self._facts.values() if fact.kind == kind), key=lambda fact: fact.name)

    @property
    def tables(self) -> frozenset[str]:
        """The names of the tables."""
        return frozenset(name for kind, name in self._facts if kind == "table")

    def may_read(self, relation: str) -> bool:
        """Tell whether the rows of a table, or a sequence, may be read: it is open, and runs nobody else's code."""
        schema, held = self.get((ACCESS, "schema public")), self.get((ACCESS, relation))
        may = schema is not None and bool(schema.definition) and held is not None and "SELECT" in held.definition
        return may and (UNREAD, relation) not in self

    def columns_of(self, table: str) -> frozenset[str]:
        """Return the names of a table's columns; none where the table is missing."""
        return frozenset(self._columns.get(table, ()))
