"""The application's tables in another schema than public, which the rest of the catalogue does not see."""

from typing import NamedTuple

import sqlalchemy as sa

from homecoming.catalog import reasons, verdict
from homecoming.catalog.findings import ABSENT, Finding, Severity
from homecoming.sql_texts import ServerMessage


class Elsewhere(NamedTuple):
    """A schema that holds tables of the application in place of public: what is there, what to do, its name."""

    what: str
    todo: str
    schema: str


def elsewhere(connection: sa.Connection) -> list[Elsewhere]:
    """Return the schemas that hold tables of the application in place of public; SQLite has none.

    Raises:
        sqlalchemy.exc.DBAPIError: it cannot be read.
    """
    if connection.dialect.name == "sqlite":
        return []
    query = verdict.elsewhere(verdict.array(sorted(verdict.head().tables)))
    rows = connection.exec_driver_sql(query, execution_options={"no_parameters": True})
    return [Elsewhere(ServerMessage(what), ServerMessage(todo), schema) for what, todo, schema in rows]


def check(connection: sa.Connection) -> list[Finding]:
    """Return a finding a schema that holds tables of the application in place of public."""
    return [
        Finding(
            kind="table",
            object=f"{found.schema}.*",
            expected=ABSENT,
            found=found.what,
            severity=Severity.FAIL,
            why=reasons.ELSEWHERE,
            run=found.todo,
        )
        for found in elsewhere(connection)
    ]
