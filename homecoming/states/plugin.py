"""A plugin of pytest: the tests of convergence for any project, over the states that the verb `states` wrote.

A project says where they are in its pytest's configuration, and takes the tests over in a file of its own:

    [tool.pytest.ini_options]
    homecoming_states = "tests/states"

    # tests/test_convergence.py
    from homecoming.states.convergence import *
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import sqlalchemy as sa

ROWS = 4

_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take where the states are, and a server to try them on."""
    parser.addini("homecoming_states", "the folder of the states' files that `states` wrote")
    parser.addoption(
        "--homecoming-postgresql",
        metavar="URL",
        help="a database of a server on which each state gets a database of its own; without it SQLite files are tried",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have a test run for each state, and on each kind of database that is there."""
    if "homecoming_state" in metafunc.fixturenames:
        folder = metafunc.config.getini("homecoming_states")
        files = sorted((metafunc.config.rootpath / folder).glob("*.json")) if folder else []
        metafunc.parametrize("homecoming_state", files, ids=[file.stem for file in files])
    if "homecoming_kind" in metafunc.fixturenames:
        kinds = ["sqlite", *(["postgresql"] if metafunc.config.getoption("homecoming_postgresql") else [])]
        metafunc.parametrize("homecoming_kind", kinds)


@pytest.fixture
def homecoming_engine(homecoming_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database. A project may give another one, by a fixture of this name."""
    import sqlalchemy as sa
    from sqlalchemy.pool import NullPool

    from homecoming.connection import prepare_sqlite
    from homecoming.project import name_project, named_in

    name_project(named_in(request.config.rootpath))
    if homecoming_kind == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'state.db'}", poolclass=NullPool)
        prepare_sqlite(engine)
        yield engine
        return
    given = sa.make_url(request.config.getoption("homecoming_postgresql"))
    name = f"homecoming_{os.getpid()}_{next(_numbers)}"
    server = sa.create_engine(given, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield sa.create_engine(given.set(database=name), poolclass=NullPool)
    with server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def homecoming_rows() -> int:
    """How many rows each table gets. A project may say another number, by a fixture of this name."""
    return ROWS
