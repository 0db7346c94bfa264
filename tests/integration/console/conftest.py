"""Databases to paste into: built once a version and state with rows, then cloned for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import pytest

from tests.support import conservation, lineage, servers
from tests.support.pasting import Place
from tests.support.refused import CPF

VERSIONS = servers.available()
"""Every version of this machine: the wheel's 16 and 18, and Debian's. A case has one, all cases together have all."""

STATE = 18
"""The last state in which produtos has evento_id, the barcode and the 17 columns: most is left to do."""

ROWS = 6

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Clone:
    """A database of its own with rows, and every cell it had."""

    place: Place
    cells: conservation.Snapshot

    @cached_property
    def before(self) -> str:
        """Everything it holds, when first asked for."""
        return self.place.whole()

    def assert_untouched(self) -> None:
        assert self.place.whole() == self.before

    def assert_at_head(self) -> None:
        self.place.assert_at_head(self.cells)


CloneOf = Callable[..., Clone]


@pytest.fixture(scope="session")
def model_of(server_of: Callable[[int], servers.Server]) -> Iterator[Callable[[int, int], Clone]]:
    """A function that gives the database of a version in a state, with rows, to be cloned and left alone."""
    made: dict[tuple[int, int], Clone] = {}

    def get(version: int, state: int) -> Clone:
        if (version, state) not in made:
            place = Place(server_of(version), f"console_{state}_{os.getpid()}")
            place.server.create_database(place.name)
            lineage.build(place.engine, state, rows=ROWS)
            place.run(f"UPDATE usuarios SET cpf = '{CPF}' WHERE id = 1")
            made[version, state] = Clone(place, conservation.take(place.engine))
        return made[version, state]

    yield get
    for model in made.values():
        model.place.server.drop_database(model.place.name)


@pytest.fixture
def clone_of(model_of: Callable[[int, int], Clone]) -> Iterator[CloneOf]:
    """A function that gives a fresh database of a version: `clone_of(16)`, `clone_of(18, state=25)`."""
    made: list[Place] = []

    def get(version: int, state: int = STATE, like: Clone | None = None) -> Clone:
        model = like or model_of(version, state)
        made.append(Place(model.place.server, f"pasted_{os.getpid()}_{next(_numbers)}"))
        made[-1].server.create_database(made[-1].name, template=model.place.name)
        return Clone(made[-1], model.cells)

    yield get
    for place in made:
        place.server.drop_database(place.name)


@pytest.fixture
def target(request: pytest.FixtureRequest, clone_of: CloneOf) -> Clone:
    """A database on one of the versions, the same for a test on every run."""
    return clone_of(VERSIONS[len(request.node.name) % len(VERSIONS)])
