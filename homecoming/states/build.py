"""Databases in any state that an application's models ever had, with rows in every table."""

from __future__ import annotations

import datetime as dt
import functools
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql


class TableFacts(TypedDict):
    """A table as a state's file has it.

    A column reads ``VARCHAR(14) NOT NULL``, a foreign key ``evento_id -> eventos(id)``, a unique index ``UNIQUE cpf``.
    """

    columns: dict[str, str]
    primary_key: list[str]
    foreign_keys: dict[str, str]
    unique: dict[str, list[str]]
    indexes: dict[str, str]


class State(TypedDict):
    """A state as its file has it."""

    application_commit: str
    committed: str
    enums: dict[str, list[str]]
    tables: dict[str, TableFacts]


Labels = dict[str, list[str]]
"""What an enum column may hold, by ``table.column``: SQLite's catalogue does not know it."""

Digits = tuple[str, ...]
_FIRST = dt.datetime(2025, 8, 1, tzinfo=dt.UTC)

_JSONB = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

PLAIN_TYPES: Mapping[str, sa.types.TypeEngine[Any]] = {
    "SERIAL": sa.Integer(),
    "INTEGER": sa.Integer(),
    "BIGINT": sa.BigInteger(),
    "SMALLINT": sa.SmallInteger(),
    "TEXT": sa.Text(),
    "VARCHAR": sa.String(),
    "BOOLEAN": sa.Boolean(),
    "DATE": sa.Date(),
    "TIMESTAMPTZ": sa.DateTime(timezone=True),
    "TIMESTAMP WITHOUT TIME ZONE": sa.DateTime(),
    "FLOAT": sa.Float(),
    "NUMERIC": sa.Numeric(),
    "JSON": sa.JSON(),
    "JSONB": _JSONB,
    "UUID": sa.Uuid(),
    "BYTEA": sa.LargeBinary(),
}


class _Verbatim(sa.types.UserDefinedType[Any]):
    """A type that is spelled as its file has it; no value of it is known."""

    cache_ok = True

    def __init__(self, spelled: str) -> None:
        self.spelled = spelled

    def get_col_spec(self, **_: Any) -> str:
        return self.spelled


def read(file: Path) -> State:
    """Return the facts of a state's file."""
    state: State = json.loads(file.read_text(encoding="utf-8"))
    return state


def column_type(spelled: str, enums: Mapping[str, Sequence[str]]) -> sa.types.TypeEngine[Any]:
    """Return the type a state's file spells ``spelled``."""
    if spelled.startswith("ENUM "):
        name = spelled.removeprefix("ENUM ")
        return sa.Enum(*enums[name], name=name)
    if match := re.fullmatch(r"VARCHAR\((\d+)\)", spelled):
        return sa.String(int(match[1]))
    if match := re.fullmatch(r"NUMERIC\((\d+), (\d+)\)", spelled):
        return sa.Numeric(int(match[1]), int(match[2]))
    return PLAIN_TYPES.get(spelled) or _Verbatim(spelled)


def metadata(state: State) -> sa.MetaData:
    """Return the table definitions of ``state``, constraints unnamed as the application's models have them."""
    result = sa.MetaData()
    for name, facts in state["tables"].items():
        columns: list[sa.Column[Any]] = []
        for column, definition in facts["columns"].items():
            spelled, _, default = definition.partition(" DEFAULT ")
            columns.append(
                sa.Column(
                    column,
                    column_type(spelled.removesuffix(" NOT NULL"), state["enums"]),
                    primary_key=column in facts["primary_key"],
                    nullable=not spelled.endswith(" NOT NULL"),
                    server_default=(sa.func.now() if default == "now()" else sa.text(default)) if default else None,
                )
            )
        table = sa.Table(name, result, *columns)
        for key in facts["foreign_keys"].values():
            local, remote, remote_column = re.findall(r"\w+", key)
            table.append_constraint(sa.ForeignKeyConstraint([local], [f"{remote}.{remote_column}"]))
        for unique in facts["unique"].values():
            table.append_constraint(sa.UniqueConstraint(*unique))
        for index, over in facts["indexes"].items():
            over_columns = over.removeprefix("UNIQUE ").split(", ")
            sa.Index(index, *(table.c[c] for c in over_columns), unique=over.startswith("UNIQUE "))
    return result


def enum_labels(state: State) -> Labels:
    """Return what each enum column of ``state`` may hold."""
    return {
        f"{table}.{column}": state["enums"][spelled.split()[1]]
        for table, facts in state["tables"].items()
        for column, spelled in facts["columns"].items()
        if spelled.startswith("ENUM ")
    }


def value(column: sa.Column[Any], row: int, rows: int, labels: Labels, digits: Digits = ()) -> object:
    """Return a value for ``column`` in row ``row`` of ``rows``, counted from 1, unlike any other row's where it can be.

    Text without a length has quotes, a backslash, a percent sign and accents, to find whoever forgets to escape. What
    no value is known for is NULL.
    """
    if column.foreign_keys and isinstance(column.type, sa.Integer):
        return (row * 7) % rows + 1
    if column.foreign_keys:
        # What that row has in the other table.
        return value(next(iter(column.foreign_keys)).column, (row * 7) % rows + 1, rows, labels, digits)
    # The live type first: in a layered database it may be older than the last state's labels.
    if isinstance(column.type, sa.Enum):
        return column.type.enums[row % len(column.type.enums)]
    if allowed := labels.get(f"{column.table.name}.{column.name}"):
        return allowed[row % len(allowed)]
    if isinstance(column.type, sa.String):
        return f"{row:011d}"[: column.type.length] if column.name.startswith(digits) else text(column, row)
    return _plain_value(column.type, row)


@functools.singledispatch
def _plain_value(_kind: sa.types.TypeEngine[Any], _row: int) -> object:
    return None


_plain_value.register(sa.Integer, lambda _kind, row: row)
_plain_value.register(sa.Numeric, lambda _kind, row: Decimal(row % 90 + 1) / 4)
_plain_value.register(sa.Float, lambda _kind, row: (row % 90 + 1) / 4)
_plain_value.register(sa.Boolean, lambda _kind, row: row % 2 == 0)
_plain_value.register(sa.DateTime, lambda _kind, row: _FIRST + dt.timedelta(minutes=row))
_plain_value.register(sa.Date, lambda _kind, row: _FIRST.date() + dt.timedelta(days=row % 365))
_plain_value.register(sa.JSON, lambda _kind, row: {"row": row})
_plain_value.register(sa.Uuid, lambda _kind, row: uuid.UUID(int=row))
_plain_value.register(sa.LargeBinary, lambda _kind, row: bytes([row % 256]))


def _is_given(column: sa.Column[Any]) -> bool:
    """Whether the database gives a column its values: a number that is the key."""
    return column.primary_key and isinstance(column.type, sa.Integer) and not column.foreign_keys


def text(column: sa.Column[Any], row: int) -> str:
    """Return a text for ``column`` that fits it; the row's number is at its end, where cutting spares it."""
    length: int | None = getattr(column.type, "length", None)
    if length is None:
        return f"{column.table.name}.{column.name} nº {row}: ação, 'aspas', \\ e 100%"
    if length <= 12:
        return f"{row:0{min(length, 6)}d}"[-length:]
    return f"{column.table.name}.{column.name} nº {row}"[-length:]


def seed(engine: sa.Engine, rows: int, labels: Labels, made: sa.MetaData | None = None, digits: Digits = ()) -> None:
    """Insert ``rows`` rows into every empty table; every fifth value of a nullable column is NULL.

    Args:
        engine: The database.
        rows: How many a table.
        labels: What the columns of enums may hold.
        made: The tables, where one state alone made them; else they are read from the database, which takes longer.
        digits: What the names of columns begin with that are texts of digits, such as a number of a person.
    """
    tables = made or sa.MetaData()
    if made is None:
        tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if connection.scalar(sa.select(sa.func.count()).select_from(table)):
                continue
            columns = [c for c in table.c if not _is_given(c)]
            connection.execute(
                table.insert(),
                [
                    {
                        c.name: None if c.nullable and (row + i) % 5 == 0 else value(c, row, rows, labels, digits)
                        for i, c in enumerate(columns)
                    }
                    for row in range(1, rows + 1)
                ],
            )
