"""One operation on both dialects, from the same tables and rows: what each says, leaves, keeps and brings back."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.pool import NullPool

import homecoming.operations  # noqa: F401  registers them
from homecoming.connection import prepare_sqlite
from homecoming.errors import Refused
from homecoming.history.run_history import helpers
from homecoming.operations.guarded import prepare, prologue, send
from homecoming.operations.sqlite import REVISION, changes
from homecoming.operations.sqlite.violations import DIRECTION
from homecoming.project import logger_name
from tests.conftest import engine_of
from tests.support import servers

_OWN = ("arrived", "constraint", "index", "undo")
UNFORESEEN = "a key that is broken"
Operate = Callable[[Any], None]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class World:
    """What there is before: tables in the order of their making, and their rows.

    Args:
        metadata: The tables, with their keys and indexes.
        rows: By table.
        written: A row that the application writes between upgrade and way back, with its table.
    """

    metadata: sa.MetaData
    rows: Mapping[str, Rows]
    written: tuple[str, dict[str, Any]] | None = None

    def make(self, connection: sa.Connection) -> None:
        """Make it, as ``create_all()`` would, and rows with their ids."""
        self.metadata.create_all(connection, checkfirst=False)
        for table in self.metadata.sorted_tables:
            for row in self.rows.get(table.name, ()):
                connection.execute(table.insert(), row)

    def __repr__(self) -> str:
        """Say it so that a failure can be read."""
        tables = [str(sa.schema.CreateTable(table)).strip() for table in self.metadata.sorted_tables]
        indexes = [index.name for table in self.metadata.sorted_tables for index in table.indexes]
        return "\n".join([*tables, f"{indexes}", json.dumps(self.rows, default=str), f"{self.written}"])


@dataclass
class Outcome:
    """What came of it on one dialect.

    Args:
        refused: What it said where it refused.
        says: What the log said.
        catalogue: Columns, keys and indexes by table, afterwards.
        rows: Afterwards, by table.
        register: Kind, object and how many rows, of what is kept.
        again: What a second time changed or said.
        back: What differs after the way back from what was found.
        wrote: Whether the row written meanwhile could be.
    """

    refused: str = ""
    says: list[str] = field(default_factory=list)
    catalogue: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)
    register: list[tuple[Any, ...]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    wrote: bool = False


@contextmanager
def logged() -> Iterator[list[str]]:
    """What operations log meanwhile."""
    said: list[str] = []

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, handler = logging.getLogger(logger_name("operations")), Noting()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield said
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def plain(value: Any) -> Any:
    """A cell as both dialects give it."""
    if isinstance(value, bool | Decimal):
        return float(value)
    return float(value) if isinstance(value, int) else value


class Side:
    """One dialect, in a transaction."""

    schema: str | None = None
    register = "retired_register"

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.op: Any = Operations(MigrationContext.configure(connection))

    def begin(self, direction: str) -> None:
        """Begin the revision, or its way back."""
        raise NotImplementedError

    def end(self) -> None:
        """End it."""
        raise NotImplementedError

    def tables(self) -> list[str]:
        """The names of the application's tables."""
        names = sa.inspect(self.connection).get_table_names(self.schema)
        return sorted(name for name in names if not name.startswith("retired_"))

    def catalogue(self) -> dict[str, Any]:
        """What makes a difference to an application, by table."""
        look, found = sa.inspect(self.connection), {}
        for table in self.tables():
            keys = look.get_foreign_keys(table, self.schema)
            indexes = [
                index for index in look.get_indexes(table, self.schema) if not index.get("duplicates_constraint")
            ]
            found[table] = {
                # In their order on SQLite only: PostgreSQL cannot put a column back between others.
                "columns": sorted(
                    (column["name"], column["nullable"], column["default"] is not None and column["name"] != "id")
                    for column in look.get_columns(table, self.schema)
                ),
                "unique": sorted(each["column_names"] for each in look.get_unique_constraints(table, self.schema)),
                "keys": sorted((each["constrained_columns"], each["referred_table"]) for each in keys),
                "indexes": sorted((each["name"], each["column_names"], bool(each["unique"])) for each in indexes),
            }
        return found

    def rows(self) -> dict[str, Any]:
        """Every row, by table."""
        found = {}
        for table in self.tables():
            name = sa.table(table, schema=self.schema)
            rows = self.connection.execute(sa.select(sa.text("*")).select_from(name)).mappings()
            found[table] = sorted(({k: plain(v) for k, v in row.items()} for row in rows), key=repr)
        return found

    def kept(self) -> list[tuple[Any, ...]]:
        """What the register says of what is retired; how parts are made again is each dialect's own."""
        schema, _, name = self.register.rpartition(".")
        if not sa.inspect(self.connection).has_table(name, schema or None):
            return []
        rows = self.connection.exec_driver_sql(f"SELECT kind, object, coalesce(rows, 0) FROM {self.register}")
        return sorted(tuple(row) for row in rows if not row[0].startswith(_OWN))

    def write(self, world: World) -> bool:
        """Write the row of the application, where it may."""
        if world.written is None:
            return False
        table, row = world.written
        here = sa.table(table, *map(sa.column, row), schema=self.schema)
        try:
            with self.connection.begin_nested():
                self.connection.execute(here.insert(), row)
        except sa.exc.DBAPIError:
            return False
        return True

    def outcome(self, world: World, operate: Operate) -> Outcome:
        """Make the world, operate, operate again, and take it back."""
        made = Outcome()
        world.make(self.connection)
        found = (self.catalogue(), self.rows())
        with logged() as said:
            try:
                self.begin("upgrade")
                operate(self.op)
            except Refused as refusal:
                made.refused = refusal.what
                return made
            except sa.exc.IntegrityError:
                # What the server or the file says is explained by the run (connection/answers.py).
                made.refused = UNFORESEEN
                return made
            # How many rows each did something to: that a part of the schema is new says SQLite alone.
            made.says = sorted(line for line in said if re.search(r"\brows?\b", line))
            made.catalogue, made.rows, made.register = self.catalogue(), self.rows(), self.kept()
            said.clear()
            operate(self.op)
        more = _differences((made.catalogue, made.rows), (self.catalogue(), self.rows()))
        made.again = [*(line for line in said if "row" in line), *more]
        self.end()
        made.wrote = self.write(world)
        self.begin("downgrade")
        self.op.undo()
        self.end()
        after = (self.catalogue(), self.rows())
        if made.wrote and world.written:
            # What it has in columns that the way back brought is nobody's business here.
            table, row = world.written
            after[1][table] = [each for each in after[1].get(table, []) if each.get("id") != row["id"]]
        made.back = [*_differences(found, after), *map(str, self.kept())]
        return made


def _differences(before: tuple[dict[str, Any], ...], after: tuple[dict[str, Any], ...]) -> list[str]:
    return [
        f"{table}: {old.get(table)} -> {new.get(table)}"
        for old, new in zip(before, after, strict=True)
        for table in sorted({*old, *new})
        if old.get(table) != new.get(table)
    ]


class SQLite(Side):
    """A file."""

    def begin(self, direction: str) -> None:
        """Begin the revision, or its way back."""
        self.connection.info.update({REVISION: "0099", DIRECTION: direction})
        if direction == "upgrade":
            changes.begin(self.connection)

    def end(self) -> None:
        """End it."""
        if self.connection.info[DIRECTION] == "upgrade":
            changes.note_changes(self.connection)
        else:
            changes.forget(self.connection)


class PostgreSQL(Side):
    """A server. What each example does is undone by a savepoint: the helpers are sent once."""

    schema = "public"
    register = "retired.register"

    def __init__(self, connection: sa.Connection) -> None:
        super().__init__(connection)
        prepare(self.op.get_context())
        for statement in helpers():
            send(self.op.get_context(), statement)
        connection.exec_driver_sql("CALL pg_temp.learn_head()")

    def begin(self, direction: str) -> None:
        """Begin the revision, or its way back."""
        # What there is when a run begins is what its first statement finds.
        self.connection.exec_driver_sql("DROP TABLE pg_temp.as_found")
        self.connection.exec_driver_sql(_AS_FOUND, execution_options={"no_parameters": True})
        self.connection.exec_driver_sql("CALL pg_temp.note_changes()")
        self._set(revision="0099", direction=direction)

    def end(self) -> None:
        """End it."""
        self.connection.exec_driver_sql("CALL pg_temp.note_changes()")
        self._set(revision="0099", direction="")

    def _set(self, **values: str) -> None:
        for name, value in values.items():
            self.connection.exec_driver_sql("SELECT set_config(%s, %s, true)", (f"homecoming.{name}", value))

    def outcome(self, world: World, operate: Operate) -> Outcome:
        """Make the world, operate, operate again, and take it back; then nothing was done."""
        with self.connection.begin_nested() as nested:
            try:
                translated = self.connection.execution_options(schema_translate_map={None: "public"})
                self.connection = translated
                return super().outcome(world, operate)
            finally:
                nested.rollback()


_AS_FOUND = next(
    statement
    for text in prologue()
    for statement in re.findall(r"CREATE TEMP TABLE IF NOT EXISTS as_found.*?;", text, re.S)
)


def on_sqlite(file: Path, world: World, operate: Operate) -> Outcome:
    """What comes of it in a file that is made for it."""
    file.unlink(missing_ok=True)
    engine = sa.create_engine(f"sqlite:///{file}", poolclass=NullPool)
    prepare_sqlite(engine)
    with engine.connect() as connection:
        try:
            return SQLite(connection).outcome(world, operate)
        finally:
            connection.rollback()


@contextmanager
def on_server(server: servers.Server) -> Iterator[PostgreSQL]:
    """One transaction of a server, for many examples: making the helpers takes longer than one."""
    name = f"twins_{secrets.token_hex(4)}"
    engine = engine_of(server.create_database(name))
    with engine.connect() as connection:
        yield PostgreSQL(connection)
    engine.dispose()
    server.drop_database(name)
