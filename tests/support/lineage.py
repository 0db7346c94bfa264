"""Databases in any state the application's models ever had, with rows in every table.

``tests/lineage/NN-DATE-COMMIT.json`` holds, for each of the 27 distinct states, every table, column, key, index and
enum, as reflected from PostgreSQL after ``MetaData.create_all()``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from homecoming.states import build as states
from homecoming.states.build import Labels, State, TableFacts, metadata
from tests.support import replayed

__all__ = ["State", "TableFacts", "build", "enum_labels", "load", "metadata", "seed", "value"]

DIGITS = ("cpf", "cnpj")

LINEAGE = Path(__file__).resolve().parents[1] / "lineage"


def load(number: int) -> State:
    """Return the facts of state ``number``, 1 to 27."""
    (path,) = LINEAGE.glob(f"{number:02d}-*.json")
    return states.read(path)


def enum_labels(state: State) -> Labels:
    """Return what each enum column of ``state`` may hold. From state 23 on a user's type is text in lower case."""
    labels = {f"usuarios.{column}": ["admin", "promoter", "cliente"] for column in ("tipo", "tipo_usuario")}
    return labels | states.enum_labels(state)


def value(column: sa.Column[Any], row: int, rows: int, labels: Labels) -> object:
    """Return a value for ``column`` in row ``row``, as `states.value` does; numbers of people are digits."""
    return states.value(column, row, rows, labels, DIGITS)


def seed(engine: sa.Engine, rows: int, labels: Labels, made: sa.MetaData | None = None) -> None:
    """Insert ``rows`` rows into every empty table, as `states.seed` does."""
    states.seed(engine, rows, labels, made, DIGITS)


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
