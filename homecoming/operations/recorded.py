"""What revisions say: each operation of their upgrade(), noted and not run."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import alembic.op
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.script import Script

from homecoming.operations.operation import OPERATIONS


@dataclasses.dataclass(frozen=True)
class Said:
    """An operation as a revision spells it: ``op.<name>(*arguments, **options)``."""

    name: str
    arguments: tuple[Any, ...]
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def values(self) -> tuple[Any, ...]:
        """Its arguments, however they were given, in the order of the call."""
        return (*self.arguments, *self.options.values())

    @property
    def is_guarded(self) -> bool:
        """Whether it is one of ours, which may run again."""
        return self.name in OPERATIONS

    @property
    def bound(self) -> dict[str, Any]:
        """The arguments of a guarded operation by name, those that were left out too."""
        bound = inspect.signature(OPERATIONS[self.name].calls).bind(*self.arguments, **self.options)
        bound.apply_defaults()
        return dict(bound.arguments)


class _UnseenError(Exception):
    """A revision asks the database: what it does from there on cannot be told beforehand."""


class Recorder:
    """Stands in the place of ``op``: notes what is called, under its name.

    Arguments: ``first``, what each operation has as its first argument: the table of a batch.
    """

    def __init__(self, noted: list[Said], first: tuple[str, ...] = ()) -> None:
        self._noted = noted
        self._first = first

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name in {"get_bind", "get_context", "invoke"}:
            raise _UnseenError(name)

        def note(*arguments: Any, **options: Any) -> Any:
            if name == "batch_alter_table":
                return Recorder(self._noted, (arguments[0],))
            # A name that a convention has made needs none any more.
            if name == "f":
                return arguments[0]
            self._noted.append(Said(name, (*self._first, *arguments), options))
            return self

        return note

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was begun."""


def said_by(revision: Script) -> list[Said]:
    """Return what the upgrade of a revision says; up to where it looks at the database, which none can do here."""
    noted: list[Said] = []
    names: dict[str, Any] = vars(revision.module)
    own = {name: value for name, value in names.items() if value is alembic.op or isinstance(value, Operations)}
    names.update(dict.fromkeys(own, Recorder(noted)))
    try:
        revision.module.upgrade()
    except _UnseenError:
        pass
    finally:
        names.update(own)
    return noted


@dataclasses.dataclass
class Past:
    """What the history has said so far: columns by table and name, labels by type, triggers by name, ``plain`` tables.

    A plain table is one that operations of Alembic's own have changed: there the database knows better.
    """

    columns: dict[tuple[str, str], sa.Column[Any]] = dataclasses.field(default_factory=dict)
    labels: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    triggers: dict[str, Said] = dataclasses.field(default_factory=dict)
    plain: set[str] = dataclasses.field(default_factory=set)

    @classmethod
    def of(cls, revisions: Iterable[Script]) -> Past:
        """Return what revisions say, the first one first."""
        past = cls()
        for revision in revisions:
            for said in said_by(revision):
                past.hear(said)
        return past

    def hear(self, said: Said) -> None:
        """Take in one operation."""
        arguments = said.arguments
        if said.name in {"ensure_table", "ensure_column"}:
            self._hear_columns(str(arguments[0]), [*arguments[1:], *said.options.get("transitional", ())])
        elif said.name == "ensure_enum":
            self.labels[str(arguments[0].name)] = tuple(arguments[0].enums)
        elif said.name == "ensure_trigger":
            self.triggers[str(arguments[0])] = said
        elif said.name == "merge_column":
            table, old, new = said.values
            if (column := self.columns.pop((table, old), None)) is not None:
                self.columns.setdefault((table, new), column)
        elif said.name == "ensure_renamed":
            old, new = said.values[:2]
            for table, name in [key for key in self.columns if key[0] == old]:
                self.columns.setdefault((new, name), self.columns.pop((table, name)))
        elif said.name in _PLAIN and arguments:
            self.plain.add(str(arguments[0]))

    def _hear_columns(self, table: str, parts: Iterable[Any]) -> None:
        for part in parts:
            if isinstance(part, sa.Column):
                self.columns[table, part.name] = part


# Alembic's own, whose first argument is a table.
_PLAIN = frozenset({"add_column", "drop_column", "alter_column", "create_table", "drop_table", "rename_table"})
