"""Databases in any state the application's models ever had, with rows in every table.

``tests/lineage/NN-DATE-COMMIT.json`` holds, for each of the 27 distinct states, every table, column, key, index and
enum, as reflected from PostgreSQL after ``MetaData.create_all()``.
"""

import datetime as dt
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any, TypedDict

import sqlalchemy as sa

from tests.support import replayed

LINEAGE = Path(__file__).resolve().parents[1] / "lineage"


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

PLAIN_TYPES: dict[str, sa.types.TypeEngine[Any]] = {
    "SERIAL": sa.Integer(),
    "INTEGER": sa.Integer(),
    "TEXT": sa.Text(),
    "BOOLEAN": sa.Boolean(),
    "DATE": sa.Date(),
    "TIMESTAMPTZ": sa.DateTime(timezone=True),
}


def load(number: int) -> State:
    """Return the facts of state ``number``, 1 to 27."""
    (path,) = LINEAGE.glob(f"{number:02d}-*.json")
    state: State = json.loads(path.read_text(encoding="utf-8"))
    return state


def column_type(spelled: str, enums: dict[str, list[str]]) -> sa.types.TypeEngine[Any]:
    """Return the type a state's file spells ``spelled``."""
    if spelled.startswith("ENUM "):
        name = spelled.removeprefix("ENUM ")
        return sa.Enum(*enums[name], name=name)
    if match := re.fullmatch(r"VARCHAR\((\d+)\)", spelled):
        return sa.String(int(match[1]))
    if match := re.fullmatch(r"NUMERIC\((\d+), (\d+)\)", spelled):
        return sa.Numeric(int(match[1]), int(match[2]))
    return PLAIN_TYPES[spelled]


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
                    server_default=sa.func.now() if default else None,
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
    """Return what each enum column of ``state`` may hold. From state 23 on a user's type is text in lower case."""
    labels = {f"usuarios.{column}": ["admin", "promoter", "cliente"] for column in ("tipo", "tipo_usuario")}
    for table, facts in state["tables"].items():
        for column, spelled in facts["columns"].items():
            if spelled.startswith("ENUM "):
                labels[f"{table}.{column}"] = state["enums"][spelled.split()[1]]
    return labels


def value(column: sa.Column[Any], row: int, rows: int, labels: Labels) -> object:
    """Return a value for ``column`` in row ``row`` of ``rows``, counted from 1, unlike any other row's where it can be.

    Text without a length has quotes, a backslash, a percent sign and accents, to find whoever forgets to escape.
    """
    kind = column.type
    if column.foreign_keys:
        return (row * 7) % rows + 1
    # The live type first: in a layered database it may be older than the last state's labels.
    if isinstance(kind, sa.Enum):
        return kind.enums[row % len(kind.enums)]
    if allowed := labels.get(f"{column.table.name}.{column.name}"):
        return allowed[row % len(allowed)]
    if isinstance(kind, sa.String):
        return text(column, row, kind.length)
    if isinstance(kind, sa.Numeric):
        return Decimal(row % 90 + 1) / 4
    if isinstance(kind, sa.Boolean):
        return row % 2 == 0
    if isinstance(kind, sa.DateTime):
        return dt.datetime(2025, 8, 1, tzinfo=dt.UTC) + dt.timedelta(minutes=row)
    if isinstance(kind, sa.Date):
        return dt.date(2025, 8, 1) + dt.timedelta(days=row % 365)
    return row


def text(column: sa.Column[Any], row: int, length: int | None) -> str:
    """Return a text for ``column`` that fits ``length``; the row's number is at its end, where cutting spares it."""
    if column.name.startswith(("cpf", "cnpj")):
        return f"{row:011d}"[:length]
    if length is None:
        return f"{column.table.name}.{column.name} nº {row}: ação, 'aspas', \\ e 100%"
    if length <= 12:
        return f"{row:0{min(length, 6)}d}"[-length:]
    return f"{column.table.name}.{column.name} nº {row}"[-length:]


def seed(engine: sa.Engine, rows: int, labels: Labels, made: sa.MetaData | None = None) -> None:
    """Insert ``rows`` rows into every empty table; every fifth value of a nullable column is NULL.

    Args:
        engine: The database.
        rows: How many a table.
        labels: What the columns of enums may hold.
        made: The tables, where one state alone made them; else they are read from the database, which takes longer.
    """
    tables = made or sa.MetaData()
    if made is None:
        tables.reflect(engine)
    with engine.begin() as connection:
        for table in tables.sorted_tables:
            if connection.scalar(sa.select(sa.func.count()).select_from(table)):
                continue
            columns = [c for c in table.c if not c.primary_key]
            connection.execute(
                table.insert(),
                [
                    {
                        c.name: None if c.nullable and (row + i) % 5 == 0 else value(c, row, rows, labels)
                        for i, c in enumerate(columns)
                    }
                    for row in range(1, rows + 1)
                ],
            )


def build(engine: sa.Engine, *numbers: int, rows: int = 0) -> None:
    """Create the states ``numbers``, each over the one before, then ``rows`` rows in every empty table.

    As at the application's start-up, tables that exist are left as they are: ``build(engine, 1, 7, 22)`` is a database
    whose tables date from three different days.
    """
    replayed.once(engine, ("lineage", numbers, rows), lambda: _build(engine, numbers, rows))


def _build(engine: sa.Engine, numbers: tuple[int, ...], rows: int) -> None:
    labels: Labels = {}
    made = [metadata(load(number)) for number in numbers]
    for number, tables in zip(numbers, made, strict=True):
        tables.create_all(engine)
        labels |= enum_labels(load(number))
    if rows:
        seed(engine, rows, labels, made[0] if len(made) == 1 else None)
