"""A database that a script damaged and that holds rows, so that most revisions have something to do, and what it holds.

Whatever happens in between, it is as it was or at head; the next run arrives, and no cell is lost.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import sqlalchemy as sa

from homecoming import catalog
from homecoming.catalog import Severity
from tests.support import command, conservation, history, lineage, scars, servers, whole

ROWS = 12
STATE = 18
SCARS = {"postgresql": "startup_rebuild_sold_since", "sqlite": "produtos_rebuild_sold_since"}


@dataclass
class Damaged:
    """A database with rows and a scar, and what it holds."""

    engine: sa.Engine
    server: servers.Server | None
    text: str
    cells: conservation.Snapshot

    @property
    def name(self) -> str:
        return str(self.engine.url.database)

    def url(self, port: int) -> sa.URL:
        """Return the URL of the same database at another port, where something stands before the server."""
        return self.engine.url.set(port=port)

    def assert_all_or_nothing(self) -> None:
        """Look that it is as it was, or at head; then upgrade, and look that it is at head with every cell."""
        if self.server is None:
            # SQLite takes a killed run's changes back when the file is next read.
            with self.engine.connect() as connection:
                connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").one()
        if whole.of(self.engine, self.server) != self.text:
            self.assert_at_head()
        history.upgrade(self.engine)
        self.assert_at_head()

    def assert_at_head(self) -> None:
        with self.engine.connect() as connection:
            assert [found for found in catalog.verify(connection) if found.severity is Severity.FAIL] == []
        assert conservation.missing(self.cells, self.engine) == []

    def assert_as_it_was(self) -> None:
        assert whole.of(self.engine, self.server) == self.text

    def wait_for_the_server(self) -> None:
        """Wait until the server has noticed that a client is gone, and has rolled back what it did."""
        if self.server is None:
            return
        query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
        deadline = time.monotonic() + command.WITHIN
        with self.server.connection("postgres") as cursor:
            while time.monotonic() < deadline:
                cursor.execute(query, [self.name])
                if cursor.fetchone() == (0,):
                    return
                time.sleep(0.02)
        raise AssertionError("the server still works for a client that is gone")


def damage(engine: sa.Engine, server: servers.Server | None) -> Damaged:
    lineage.build(engine, STATE, rows=ROWS)
    scars.apply(engine, scars.get(engine.dialect.name, SCARS[engine.dialect.name]))
    return Damaged(engine, server, whole.of(engine, server), conservation.take(engine))
