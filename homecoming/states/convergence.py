"""The tests of convergence: from each state that the models ever had, a database comes home, with its rows, and back.

`plugin.py` says how a project takes them over.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.states import build

__all__ = [
    "test_a_state_comes_home_by_the_pasted_script",
    "test_a_state_comes_home_with_its_rows",
    "test_a_state_goes_back_as_it_was",
]

Content = dict[str, list[dict[str, Any]]]

_BOOKS = ("alembic_version", "migration_history", "retired_")


def test_a_state_comes_home_with_its_rows(
    homecoming_engine: sa.Engine, homecoming_state: Path, homecoming_rows: int
) -> None:
    """An upgrade ends at head, and again is free; each cell is in its place or kept for the way back."""
    before = _made(homecoming_engine, homecoming_state, homecoming_rows)
    _migrate(homecoming_engine, "upgrade", "head")
    _assert_home(homecoming_engine, before)
    _migrate(homecoming_engine, "upgrade", "head")
    _assert_home(homecoming_engine, before)


def test_a_state_goes_back_as_it_was(
    homecoming_engine: sa.Engine, homecoming_state: Path, homecoming_rows: int
) -> None:
    """The way back gives the catalogue and every cell that the database was found with."""
    from homecoming import catalog

    before = _made(homecoming_engine, homecoming_state, homecoming_rows)
    with homecoming_engine.connect() as connection:
        found = catalog.read(connection)
    _migrate(homecoming_engine, "upgrade", "head")
    _migrate(homecoming_engine, "downgrade", "base")
    with homecoming_engine.connect() as connection:
        now = catalog.read(connection)
    assert {key: fact.definition for key, fact in now.items()} == {key: fact.definition for key, fact in found.items()}
    assert content(homecoming_engine) == before


def test_a_state_comes_home_by_the_pasted_script(
    homecoming_engine: sa.Engine, homecoming_state: Path, homecoming_rows: int
) -> None:
    """The script for a console does what an upgrade does: PostgreSQL alone has one."""
    if homecoming_engine.dialect.name != "postgresql":
        pytest.skip("the console script is for PostgreSQL: --homecoming-postgresql=URL")
    from homecoming.console import script_text

    before = _made(homecoming_engine, homecoming_state, homecoming_rows)
    with homecoming_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(script_text("upgrade", "head"), execution_options={"no_parameters": True})
    _assert_home(homecoming_engine, before)


def _made(engine: sa.Engine, file: Path, rows: int) -> Content:
    """Make a state with rows, and return what it holds."""
    state = build.read(file)
    tables = build.metadata(state)
    tables.create_all(engine)
    if rows:
        build.seed(engine, rows, build.enum_labels(state), tables)
    return content(engine)


def _migrate(engine: sa.Engine, direction: str, revision: str) -> None:
    """Go there as the verbs do, by Alembic's own commands."""
    from alembic import command

    from homecoming.history.configuration import configuration

    getattr(command, direction)(configuration(connection=engine, way="command"), revision)


def content(engine: sa.Engine) -> Content:
    """Return the rows of every table but of the migrations' own, in an order of their own."""
    tables = sa.MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        return {
            table.name: sorted((dict(row) for row in connection.execute(sa.select(table)).mappings()), key=repr)
            for table in tables.sorted_tables
            if not table.name.startswith(_BOOKS)
        }


def _assert_home(engine: sa.Engine, before: Content) -> None:
    """At head, with each cell in its place, or kept under its table's name."""
    from homecoming.catalog import Severity, verify
    from homecoming.history.retired_objects import read_entries

    with engine.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
        kept = {entry.name for entry in read_entries(connection) if entry.is_kept}
    assert list(_lost(before, content(engine), kept)) == []


def _lost(before: Content, after: Content, kept: Set[str]) -> Iterator[str]:
    """Yield each column of which cells are neither in their rows nor kept, with how many."""
    for table, rows in before.items():
        for column in rows[0] if rows and table not in kept else ():
            was = Counter(_cell(row, column) for row in rows if row[column] is not None)
            there = Counter(_cell(row, column) for row in after.get(table, ()) if row.get(column) is not None)
            if (lost := was - there) and f"{table}.{column}" not in kept:
                yield f"{table}.{column}: {lost.total()} cells"


def _cell(row: Mapping[str, Any], column: str) -> tuple[object, str]:
    """Return a cell with its row's id, as types of different databases and times have it alike."""
    value = row[column]
    if isinstance(value, Decimal | float):
        value = Decimal(str(value)).normalize()
    elif isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    # A label that is spelled otherwise is the same.
    return row.get("id"), str(value).strip().casefold()
