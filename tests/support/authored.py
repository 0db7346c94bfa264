"""What a database goes through when a revision that was generated comes to it; run in a clone, one process each.

Standard input is a JSON list: URL, statements that write rows at the revision before, statements that do damage at
the one that was generated, and queries that are answered at each station. Standard output is a JSON object: the answers
by station, and what verify found.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.pool import NullPool

from homecoming.catalog import Severity, verify
from homecoming.connection import prepare_sqlite
from homecoming.errors import HomecomingError
from homecoming.history.configuration import configuration
from homecoming.run.migrate import migrate
from homecoming.schema.dialects import schema_for
from painel_migrations.schema import TRIGGERS
from tests.support.revisions import REVISIONS

BEFORE = REVISIONS[-2]
"""The head that the clone had before a revision was generated, which is the last one."""


class Journey:
    """One database on its way, and what is found at each station."""

    def __init__(self, url: str, queries: dict[str, str]) -> None:
        self.engine = sa.create_engine(url, poolclass=NullPool)
        if self.engine.dialect.name == "sqlite":
            prepare_sqlite(self.engine)
        self.queries = queries
        self.found: dict[str, Any] = {}

    def to(self, direction: str, revision: str) -> None:
        """Take it to a revision."""
        config: Config = configuration(connection=self.engine, way="command", repair=direction == "repair")
        migrate(config, direction, revision)

    def create_all(self) -> None:
        """Do as the application at its start."""
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET search_path TO public")
            schema_for(self.engine.dialect.name).create_all(connection)

    def write(self, statements: list[str]) -> None:
        """Write rows, or do damage."""
        with self.engine.begin() as connection:
            if self.engine.dialect.name == "postgresql":
                connection.exec_driver_sql("SET search_path TO public")
            for statement in statements:
                connection.execute(sa.text(statement))

    def look(self, station: str, judged: bool = True) -> None:
        """Answer the queries, and judge the catalogue where it is to be head's."""
        answers: dict[str, Any] = {}
        with self.engine.connect() as connection:
            for name, query in self.queries.items():
                if self.engine.dialect.name == "postgresql":
                    connection.exec_driver_sql("SET search_path TO public")
                try:
                    rows = connection.execute(sa.text(query)).all()
                    answers[name] = [[str(value) if value is not None else None for value in row] for row in rows]
                except sa.exc.DBAPIError as error:
                    connection.rollback()
                    answers[name] = type(error).__name__
        self.found[station] = answers
        if judged:
            with self.engine.connect() as connection:
                drift = [finding.line for finding in verify(connection) if finding.severity is Severity.FAIL]
            self.found[station]["drift"] = drift


def go(journey: Journey, rows: list[str], damage: list[str]) -> None:
    """Go through all stations."""
    journey.to("upgrade", BEFORE)
    journey.write(rows)
    journey.look("before", judged=False)
    # The application starts with its new models before anybody migrates.
    journey.create_all()
    journey.to("upgrade", "head")
    journey.look("up")
    journey.to("upgrade", "head")
    journey.look("twice")
    journey.to("downgrade", BEFORE)
    journey.look("down", judged=False)
    journey.to("upgrade", "head")
    journey.look("up again")
    journey.to("downgrade", "base")
    journey.to("upgrade", "head")
    journey.look("from base")
    journey.write(damage)
    journey.to("repair", "head")
    journey.look("repaired")


def main() -> None:
    """Go, and say what was found."""
    logging.disable(logging.CRITICAL)
    url, rows, damage, queries = json.load(sys.stdin)
    journey = Journey(url, queries)
    try:
        go(journey, rows, damage)
    except HomecomingError as error:
        journey.found["stopped"] = f"{error.what} // {error.todo}"
    json.dump(journey.found, sys.stdout)


if __name__ == "__main__":
    assert command is not None
    assert TRIGGERS
    main()
