"""What SQLAlchemy asks a new connection is answered from the log-in; what was not told is asked, on a safe path."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.connection.engines import SAFE_PATH
from homecoming.connection.first_look import ask_nothing


class Answer:
    def scalar(self) -> str:
        return "PostgreSQL 16.9 on x86_64"


class Connection:
    """A connection of a driver that says so much of itself, and what it was asked."""

    def __init__(self, version: int) -> None:
        raw = SimpleNamespace(server_version=version, get_parameter_status=lambda name: "on" if version else None)
        self.connection = SimpleNamespace(dbapi_connection=raw)
        self.asked: list[str] = []

    def exec_driver_sql(self, statement: str, *_: Any) -> Answer:
        self.asked.append(statement)
        return Answer()


def ready(version: int) -> tuple[sa.Dialect, list[str]]:
    engine = sa.create_engine("postgresql+psycopg2://", use_native_hstore=False)
    ask_nothing(engine.dialect, SAFE_PATH)
    connection: Any = Connection(version)
    engine.dialect.initialize(connection)
    return engine.dialect, connection.asked


@pytest.mark.parametrize(("said", "version"), [(160009, (16, 9)), (180000, (18, 0)), (130022, (13, 22))])
def test_nothing_is_asked(said: int, version: tuple[int, int]) -> None:
    dialect, asked = ready(said)
    assert asked == []
    assert dialect.server_version_info == version
    assert dialect.default_schema_name == "pg_catalog"


def test_what_a_pooler_did_not_tell_is_asked_on_a_safe_path() -> None:
    dialect, asked = ready(0)
    assert asked == [SAFE_PATH, "select pg_catalog.version()", "show standard_conforming_strings"]
    assert dialect.server_version_info == (16, 9)
