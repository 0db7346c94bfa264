"""The damaged database that runs are interrupted on, and the count of interruptions."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import VERSIONS, engine_of
from tests.support import servers
from tests.support.bench import Bench
from tests.support.damaged import Damaged, damage
from tests.support.interruptions import Interruptions
from tests.support.proxy import Proxy, Seen
from tests.support.refusals import Gate

Original = Callable[[int | None], Damaged]
Undisturbed = Callable[[int], list[Seen]]
GateOf = Callable[[int], Gate]


@pytest.fixture(scope="session")
def original(
    server_of: Callable[[int], servers.Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Original]:
    """A function that gives the damaged database of a PostgreSQL version, or of SQLite, which tests copy."""
    made: dict[int | None, Damaged] = {}

    def get(version: int | None) -> Damaged:
        if version not in made:
            if version is None:
                file = tmp_path_factory.mktemp("original") / "eventos.db"
                made[None] = damage(engine_of(f"sqlite:///{file}"), None)
            else:
                server = server_of(version)
                made[version] = damage(engine_of(server.create_database(f"original_{os.getpid()}")), server)
        return made[version]

    yield get
    for found in made.values():
        if found.server is not None:
            found.server.drop_database(found.name)


@pytest.fixture(scope="session")
def undisturbed(original: Original) -> Undisturbed:
    """A function that gives what the proxy sees of a run that nothing disturbs, by version."""
    found: dict[int, list[Seen]] = {}

    def get(version: int) -> list[Seen]:
        if version not in found:
            made = Bench(original(version))
            with Proxy(made.server.port) as proxy:
                assert made.run_once(proxy).code == 0
            made.damaged.wait_for_the_server()
            made.close()
            found[version] = proxy.seen
        return found[version]

    return get


@pytest.fixture
def on_postgresql(request: pytest.FixtureRequest, original: Original) -> Iterator[Damaged]:
    """On the versions in turn, the same for a test on every run."""
    model = original(VERSIONS[len(request.node.name) % len(VERSIONS)])
    assert model.server is not None
    name = f"recovery_{os.getpid()}"
    url = model.server.create_database(name, template=model.name)
    yield replace(model, engine=engine_of(url))
    model.server.drop_database(name)


@pytest.fixture
def on_sqlite(original: Original, tmp_path: Path) -> Damaged:
    model = original(None)
    file = shutil.copy(model.name, tmp_path / "eventos.db")
    return replace(model, engine=engine_of(f"sqlite:///{file}"))


@pytest.fixture(params=("on_postgresql", "on_sqlite"))
def damaged(request: pytest.FixtureRequest) -> Damaged:
    """A damaged database of each kind."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Damaged)
    return found


@pytest.fixture
def interruptions(request: pytest.FixtureRequest) -> Interruptions:
    """The count of what this test interrupts."""
    return Interruptions(request.node.user_properties)


@pytest.fixture(scope="session")
def gate_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GateOf]:
    """A function that gives the server of a version that is there to be refused by."""
    made: dict[int, Gate] = {}

    def get(version: int) -> Gate:
        if version not in made:
            made[version] = Gate(version, tmp_path_factory.mktemp("gate"))
        return made[version]

    yield get
    for gate in made.values():
        gate.server.stop()


@pytest.fixture(params=VERSIONS, ids=lambda version: f"pg{version}")
def gate(request: pytest.FixtureRequest, gate_of: GateOf) -> Gate:
    return gate_of(request.param)


@pytest.fixture(params=["SIGHUP", "SIGINT", "SIGTERM"])
def number(request: pytest.FixtureRequest) -> Iterator[signal.Signals]:
    """A signal, and its default for what is started: what runs in the background or under nohup ignores some."""
    number = signal.Signals[request.param]
    before = signal.signal(number, lambda *_: None)
    yield number
    signal.signal(number, before)
