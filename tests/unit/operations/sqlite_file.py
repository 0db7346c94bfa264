"""A SQLite file in tests: made from statements, looked at whole, operated on as a run would, and refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from homecoming.operations.sqlite import changes
from homecoming.operations.sqlite.register import REVISION
from homecoming.operations.sqlite.undo import undo
from homecoming.operations.sqlite.violations import DIRECTION

Operate = Callable[[sa.Connection], object]
Whole = dict[str, list[tuple[Any, ...]]]


def make(engine: sa.Engine, *statements: str) -> None:
    """Run statements in a transaction of their own."""
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def run(engine: sa.Engine, operate: Operate) -> None:
    """Run an operation in a transaction of its own."""
    with engine.begin() as connection:
        operate(connection)


def up(engine: sa.Engine, operate: Operate) -> None:
    """Operate as the upgrade of a revision, in a transaction of its own."""
    with engine.begin() as connection:
        connection.info.update({REVISION: "0099", DIRECTION: "upgrade"})
        changes.begin(connection)
        operate(connection)
        changes.note_changes(connection)


def back(engine: sa.Engine) -> None:
    """Take that revision back, in a transaction of its own."""
    with engine.begin() as connection:
        way_back(connection)
        changes.forget(connection)


def way_back(connection: sa.Connection) -> None:
    """Undo that revision, as its downgrade does."""
    connection.info.update({REVISION: "0099", DIRECTION: "downgrade"})
    undo(connection)


def kept(engine: sa.Engine) -> list[tuple[Any, ...]]:
    """Return what the register still has of things retired, and how many rows of each: nothing where it has gone."""
    register = "retired_register"
    return rows(engine, f"SELECT object, rows FROM {register} ORDER BY id") if register in names(engine) else []


def rows(engine: sa.Engine, statement: str) -> list[tuple[Any, ...]]:
    """Return what a query gives."""
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(statement)]


def scalar(engine: sa.Engine, statement: str) -> Any:
    """Return the one value that a query gives, or None."""
    with engine.connect() as connection:
        return connection.exec_driver_sql(statement).scalar()


def names(engine: sa.Engine, kind: str = "table") -> set[str]:
    """Return the names of the tables, or of the objects of another kind; those that SQLite made are left out."""
    found = rows(engine, f"SELECT name FROM sqlite_master WHERE type = '{kind}' AND name NOT LIKE 'sqlite%'")
    return {str(name) for (name,) in found}


def columns(engine: sa.Engine, table: str) -> dict[str, tuple[str, bool, str | None, bool]]:
    """Return type, NOT NULL, default and key of each column."""
    found = rows(engine, f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_xinfo('{table}')")
    return {name: (declared, bool(required), default, bool(key)) for name, declared, required, default, key in found}


def foreign_keys(engine: sa.Engine, table: str) -> set[tuple[str, str, str | None, str]]:
    """Return column, target, its column and what a deletion does, of each foreign key."""
    found = rows(engine, f'SELECT "from", "table", "to", on_delete FROM pragma_foreign_key_list(\'{table}\')')
    return {(own, target, there, action) for own, target, there, action in found}


def uniques(engine: sa.Engine, table: str) -> list[str]:
    """Return the columns of each UNIQUE constraint."""
    statement = (
        "SELECT group_concat(i.name) FROM pragma_index_list('{0}') AS l, pragma_index_info(l.name) AS i "
        "WHERE l.origin = 'u' GROUP BY l.name ORDER BY 1"
    )
    return [found for (found,) in rows(engine, statement.format(table))]


def definition(engine: sa.Engine, name: str) -> str:
    """Return the statement that made a table, index, trigger or view."""
    return str(scalar(engine, f"SELECT sql FROM sqlite_master WHERE name = '{name}'"))


def whole(engine: sa.Engine) -> Whole:
    """Return everything a file holds: its catalogue, and every row of every table."""
    found = {"sqlite_master": rows(engine, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name")}
    for table in names(engine):
        found[table] = sorted(rows(engine, f'SELECT * FROM "{table}"'), key=repr)
    return found


def refused(engine: sa.Engine, operate: Operate) -> tuple[str, str]:
    """Operate, be refused, find the file as it was; return what and what to do."""
    before = whole(engine)
    with pytest.raises(Refused) as caught:
        run(engine, operate)
    assert whole(engine) == before
    return caught.value.what, caught.value.todo


def again_is_free(engine: sa.Engine, operate: Operate) -> None:
    """Operate a second time, and find the file as it was."""
    before = whole(engine)
    run(engine, operate)
    assert whole(engine) == before
