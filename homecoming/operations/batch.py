"""The statements of a run on a server travel together: between two of them nobody waits for the network.

A run holds tables from its first change to its commit. To a database that is a tenth of a second away, a message for
each of its three hundred statements is half a minute in which customers wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext

from homecoming.operations.watch import WATCH

# The key of a context's options for the batch of its run.
BATCH = "homecoming_batch"


class Batch:
    """Statements that are sent together, in their order, as soon as an answer is needed.

    Args:
        context: Of the run.
        run: What runs a text of statements.
    """

    def __init__(self, context: MigrationContext, run: Callable[[sa.Connection, str], None]) -> None:
        self._context = context
        self._run = run
        self._waiting: list[str] = []

    def add(self, statement: str) -> None:
        """Have a statement sent with the next ones; alone, where a revision has the connection and may look itself."""
        self._waiting.append(statement)
        if (watch := self._context.opts.get(WATCH)) and watch.is_shared:
            self.send()

    def send(self) -> None:
        """Send what waits. Raises what the server answers to any of it; what comes after that is not run."""
        if not self._waiting:
            return
        statements, self._waiting = self._waiting, []
        connection, watch = self._context.connection, self._context.opts.get(WATCH)
        assert connection is not None
        try:
            with watch.ours() if watch else nullcontext():
                self._run(connection, ";\n".join(statements))
        except sa.exc.DBAPIError as error:
            if len(statements) > 1:
                # Which of them it was the server says, where it can be said.
                error.statement = None
            raise


@contextmanager
def batched(context: MigrationContext, run: Callable[[sa.Connection, str], None]) -> Iterator[None]:
    """Send what ``guarded.send()`` is given within together; before whatever else uses the connection, and at the end.

    Raises:
        Refused, sqlalchemy.exc.DBAPIError: What ``run`` raises.
    """
    connection = context.connection
    if context.as_sql or connection is None or context.dialect.name != "postgresql":
        yield
        return
    batch = context.opts[BATCH] = Batch(context, run)

    def first(*_: Any) -> None:
        batch.send()

    sa.event.listen(connection, "before_cursor_execute", first)
    try:
        yield
        batch.send()
    finally:
        sa.event.remove(connection, "before_cursor_execute", first)
        del context.opts[BATCH]


def answered(context: MigrationContext) -> None:
    """Have what was sent run now: its answer is needed. Raises what the server answers."""
    batch: Batch | None = context.opts.get(BATCH)
    if batch is not None:
        batch.send()
