"""Databases that the history alone makes, thrown away afterwards: SQLite in memory, and PostgreSQL where one starts.

The live database is never asked: it may be behind, ahead, or patched by hand, and it is somebody's.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa
from alembic.script import Script, ScriptDirectory
from sqlalchemy.pool import NullPool, StaticPool

from homecoming.authoring.differences import Differences, differences
from homecoming.authoring.former import Former
from homecoming.authoring.models import Models, current
from homecoming.catalog import Catalogue, expected, read
from homecoming.catalog.expected_postgresql import enum_fact, trigger_facts
from homecoming.connection.engines import prepare_sqlite
from homecoming.history.configuration import configuration, history_file
from homecoming.operations.recorded import Past
from homecoming.project import logger_name
from homecoming.run.migrate import migrate
from homecoming.schema.triggers import Trigger


@dataclasses.dataclass
class Reference:
    """What the history makes from nothing, on each dialect that could be tried: PostgreSQL first, where it could.

    Arguments: ``engines``, where it is made, by dialect; ``revisions``, the history, the first one first.
    """

    engines: Mapping[str, sa.Engine]
    models: Models
    revisions: tuple[Script, ...] = ()
    connections: dict[str, sa.Connection] = dataclasses.field(default_factory=dict)

    def build(self) -> None:
        """Take it to the end of the history, as its files are now. Errors: HomecomingError, as a run's."""
        self.close()
        self.revisions = tuple(ScriptDirectory.from_config(configuration()).walk_revisions())[::-1]
        for dialect, engine in self.engines.items():
            with _silence():
                migrate(configuration(connection=engine, reference=True), "upgrade", "head")
            self.connections[dialect] = engine.connect()

    def close(self) -> None:
        """Leave the databases."""
        for connection in self.connections.values():
            connection.close()
        self.connections.clear()

    @property
    def head(self) -> str:
        """The last revision's number."""
        return self.revisions[-1].revision if self.revisions else "0000"

    @property
    def connection(self) -> sa.Connection:
        """The database that shows the most."""
        return next(iter(self.connections.values()))

    def compared(self) -> tuple[Former, Differences]:
        """Return what the history made, and what the schema has otherwise."""
        past = Past.of(self.revisions)
        live = {dialect: read(connection) for dialect, connection in self.connections.items()}
        pairs = [(self._wanted(dialect), catalogue) for dialect, catalogue in live.items()]
        if "postgresql" not in live:
            pairs.append(self._said(past))
        return Former(past, list(live.values()), self.connection), differences(self.models, pairs)

    def _wanted(self, dialect: str) -> Catalogue:
        return expected(dialect)

    def _said(self, past: Past) -> tuple[Catalogue, Catalogue]:
        """What PostgreSQL alone has, by the revisions' words: labels and triggers."""
        triggers = []
        for said in past.triggers.values():
            name, table, fires, body, _ = said.values
            statement = f"CREATE TRIGGER {name} {fires} ON public.{table} FOR EACH ROW EXECUTE FUNCTION public.{name}()"
            triggers.append(Trigger(name, table, statement, f"public.{name}", body))
        enums = self.models.enums
        users = {name: [table for table, _ in self.models.of_enum(name)] for name in {*enums, *past.labels}}
        wanted = [enum_fact(name, enum.enums, users[name]) for name, enum in enums.items()]
        said_so = [enum_fact(name, labels, users[name]) for name, labels in past.labels.items()]
        return (
            Catalogue("postgresql", [*wanted, *trigger_facts(self.models.triggers["postgresql"])]),
            Catalogue("postgresql", [*said_so, *trigger_facts(triggers)]),
        )


@contextmanager
def reference() -> Iterator[Reference]:
    """Build the history from nothing and give what it made. Errors: HomecomingError where a revision does not pass."""
    with _sqlite() as sqlite, _postgresql() as postgresql:
        engines = {"postgresql": postgresql} if postgresql is not None else {}
        made = Reference({**engines, "sqlite": sqlite}, current())
        try:
            made.build()
            yield made
        finally:
            made.close()


@contextmanager
def _silence() -> Iterator[None]:
    """Nobody asked how a database that is thrown away is made."""
    log = logging.getLogger(logger_name())
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextmanager
def _sqlite() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    prepare_sqlite(engine)
    try:
        yield engine
    finally:
        # Its one connection lives as long as it: from Python 3.13 on, one that is forgotten is complained about.
        engine.dispose()


@contextmanager
def _postgresql() -> Iterator[sa.Engine | None]:
    """Give an empty database of a server of our own, or None where none starts: then the revisions' words must do."""
    servers = _servers()
    versions = servers.available() if servers else []
    server = None
    if versions:
        with suppress(OSError, RuntimeError, KeyError):
            server = servers.start(versions[-1])
    if server is None:
        yield None
        return
    with server:
        engine = sa.create_engine(server.create_database("reference"), poolclass=NullPool)
        yield engine
        engine.dispose()


def _servers() -> Any:
    """Return the module that starts the servers of the tests, where this is the repository and they can be started."""
    root = history_file().parent
    path = root / "tests" / "support" / "servers.py"
    if not (root / "homecoming" / "__init__.py").is_file():
        # Another application's file of that name is none of ours to run.
        return None
    spec = importlib.util.spec_from_file_location("homecoming_reference_servers", path) if path.is_file() else None
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError:
        return None
    return module
