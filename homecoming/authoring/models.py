"""What the schema asks for, and how it says what no comparison can see: that a name or a label is another's heir."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from homecoming.project import project
from homecoming.schema.triggers import Trigger


@dataclasses.dataclass(frozen=True)
class Models:
    """The schema: its tables, its triggers by dialect, and the heirs of labels that it no longer has."""

    metadata: sa.MetaData
    triggers: Mapping[str, Sequence[Trigger]]
    heirs: Mapping[str, Mapping[str, str]]

    @property
    def enums(self) -> dict[str, sa.Enum]:
        """The enum types that columns use, by name."""
        types = (column.type for column in self.columns.values())
        return {str(kind.name): kind for kind in types if isinstance(kind, sa.Enum) and is_enum(kind)}

    @property
    def columns(self) -> dict[tuple[str, str], sa.Column[Any]]:
        """Every column by table and name."""
        return {(table.name, column.name): column for table in self.metadata.sorted_tables for column in table.columns}

    def of_enum(self, name: str) -> list[tuple[str, str]]:
        """Return the columns of an enum type, by table and name."""
        return [key for key, column in self.columns.items() if is_enum(column.type, name)]


def current() -> Models:
    """Return the schema of this repository."""
    return Models(project().metadata, project().triggers, project().label_heirs)


def is_enum(kind: sa.types.TypeEngine[Any], name: str = "") -> bool:
    """Whether a type is an enum that PostgreSQL has a type for. Arguments: ``name``, of that one alone."""
    return isinstance(kind, sa.Enum) and kind.native_enum and bool(kind.name) and name in ("", kind.name)


def former_name(thing: sa.Table | sa.Column[Any]) -> str | None:
    """Return the name that a table or column had before, where the schema says so: ``info={"was": "telefone"}``."""
    name: str | None = thing.info.get("was")
    return name
