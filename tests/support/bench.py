"""A damaged database on which runs are cut again and again, and what is asked after each."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from tests.conftest import engine_of
from tests.support import command, history, refused, whole
from tests.support.damaged import Damaged
from tests.support.proxy import Fault, Proxy, Seen

PROVEN = 10
"""How many cuts one database is for, where it is as it was after each: then the next run has to arrive."""

ONE_ATTEMPT = {"MIGRATION_CONNECT_ATTEMPTS": "1", "MIGRATION_RUN_ATTEMPTS": "1"}


_numbers = itertools.count(1)


class Bench:
    """A damaged database that is cut again and again: a new copy wherever it is no longer as it was."""

    def __init__(self, model: Damaged) -> None:
        assert model.server is not None
        self.model, self.server = model, model.server
        self.name = f"cut_{os.getpid()}_{next(_numbers)}"
        self.marks = whole.marks(self.server, model.name)
        self.cuts = 0
        self.damaged = self._copy()

    def _copy(self) -> Damaged:
        self.server.drop_database(self.name)
        url = self.server.create_database(self.name, template=self.model.name)
        self.cuts = 0
        return replace(self.model, engine=engine_of(url))

    def run(self, proxy: Proxy, **variables: str) -> command.Ended:
        """Upgrade by way of a proxy, in this process."""
        return refused.here(self.damaged.url(proxy.port), "upgrade", **variables)

    def run_once(self, proxy: Proxy, **variables: str) -> command.Ended:
        """The same, with one attempt at everything, so that what is between two attempts is seen."""
        return self.run(proxy, **ONE_ATTEMPT, **variables)

    def wait_until(self, what: Callable[[], bool]) -> None:
        deadline = time.monotonic() + command.WITHIN
        while not what():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def assert_survived(self, committed: bool) -> None:
        """Look that all was done, or nothing; prove now and then that the next run arrives."""
        self.damaged.wait_for_the_server()
        if not committed:
            assert whole.marks(self.server, self.name) ^ self.marks == set()
            self.cuts += 1
            if self.cuts < PROVEN:
                return
        self.arrive()

    def arrive(self) -> None:
        """Bring the database to head by the next run, if it is not there; go on with another."""
        history.upgrade(self.damaged.engine)
        self.damaged.assert_at_head()
        self.damaged = self._copy()

    def close(self) -> None:
        self.server.drop_database(self.name)


@contextmanager
def bench(model: Damaged) -> Iterator[Bench]:
    made = Bench(model)
    try:
        yield made
        if made.cuts:
            made.arrive()
    finally:
        made.close()


def committing(seen: list[Seen], fault: Fault) -> Fault:
    """Return the fault for the connection that commits."""
    [connection] = [number for number, each in enumerate(seen, 1) if each.commits]
    return replace(fault, connection=connection)
