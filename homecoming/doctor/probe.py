"""One candidate under examination: where it leads, what has been opened, and which words must not be said."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, quote_plus

import sqlalchemy as sa

from homecoming.candidates import Candidate
from homecoming.connection.reach import ADDRESSES
from homecoming.doctor.place import Place
from homecoming.doctor.step import Step, from_error
from homecoming.doctor.timeout import within
from homecoming.language import mapped

# Milliseconds to wait for a table that somebody holds: a report is not to wait for one.
LOCK_TIMEOUT = 1000

# Shorter ones are found in every other word, which tells nobody anything.
SHORTEST_SECRET = 4


@dataclass
class Probe:
    """A candidate, the seconds a server has to answer, and what the steps so far have found out."""

    candidate: Candidate
    timeout: float
    places: list[Place] = field(default_factory=list)
    connection: sa.Connection | None = None
    engine: sa.Engine | None = None
    at_head: bool = False
    empty: bool = False
    pending: list[str] = field(default_factory=list)

    @property
    def source(self) -> str:
        """The variable that named it."""
        return self.candidate.source

    @property
    def step_timeout(self) -> float:
        """Seconds for one step: what an upgrade gives a log-in."""
        return ADDRESSES * self.timeout + 1

    def options(self) -> dict[str, Any]:
        """What libpq is given: of several hosts or ports, a text with commas between."""
        _, options = self.candidate.url.get_dialect()().create_connect_args(self.candidate.url)
        return dict(options)

    def ask(self, name: str, question: Callable[[Probe], list[Step]]) -> list[Step]:
        """Take one step, in bounded time, whatever happens in it, and keep secrets out of what it says."""
        try:
            steps = within(self.step_timeout, lambda: question(self))
        except Exception as error:
            steps = [
                from_error(name, error, self.source, reached=self.connection is not None or self.engine is not None)
            ]
        return [replace(step, said=self.censored(step.said), todo=self.censored(step.todo)) for step in steps]

    def censored(self, text: str) -> str:
        """Return a text without the password, in whatever form a driver or a server may quote it."""
        return mapped(text, self._without_secrets)

    def _without_secrets(self, text: str) -> str:
        url = self.candidate.url
        public = (url.username, url.database, url.host)
        for secret in (url.password, url.query.get("sslpassword")):
            if isinstance(secret, str) and len(secret) >= SHORTEST_SECRET and secret not in public:
                for form in (secret, quote(secret, safe=""), quote(secret), quote_plus(secret), repr(secret)[1:-1]):
                    text = text.replace(form, "***")
        return text

    @contextlib.contextmanager
    def looking(self) -> Iterator[sa.Connection]:
        """Give a transaction that waits for nobody and is rolled back; on SQLite, in a connection of its own."""
        if self.engine is not None:
            with self.engine.connect() as connection:
                yield connection
            return
        assert self.connection is not None
        with self.connection.begin() as transaction:
            limit = round(self.timeout * 1000) or 1
            self.connection.exec_driver_sql(
                f"SET LOCAL statement_timeout = {limit}; SET LOCAL lock_timeout = {LOCK_TIMEOUT}"
            )
            yield self.connection
            transaction.rollback()

    def close(self) -> list[Step]:
        """Leave the server."""
        if self.connection is not None:
            self.connection.close()
        return []
