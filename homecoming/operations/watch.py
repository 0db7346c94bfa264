"""The watch over a revision's plain statements, as whoever sends a statement of ours meets it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.runtime.migration import MigrationContext

# The key of a context's options for the watch of the revision that runs.
WATCH = "homecoming_watch"


class Watch:
    """Looks at rows before the first of some plain statements, and after the last of them.

    ``is_ours``, whether what is sent now is sent by us; ``is_shared``, whether the revision has asked for the
    connection, whose driver's cursors are seen by nobody.
    """

    def __init__(self, context: MigrationContext) -> None:
        self.context = context
        self.is_shared = False
        self._is_open = False
        self.is_ours = False

    def plain(self, statement: str) -> None:
        """Take in a statement that is about to run, or to be printed: one of ours declares what it does."""
        if self.is_ours:
            return
        with self.ours():
            if not self._is_open:
                self.begin()
                self._is_open = True
            self.look(statement)

    def end(self) -> None:
        """Look again, if plain statements ran. Raises: Refused, for what none declares."""
        if self._is_open:
            self._is_open = False
            with self.ours():
                self.finish()

    @contextmanager
    def ours(self) -> Iterator[None]:
        """What is sent within is sent by us."""
        before, self.is_ours = self.is_ours, True
        try:
            yield
        finally:
            self.is_ours = before

    def begin(self) -> None:
        """Look what is there."""
        raise NotImplementedError

    def look(self, statement: str) -> None:
        """Look at what a statement is about to take away, where that cannot be seen afterwards."""

    def finish(self) -> None:
        """Compare."""
        raise NotImplementedError


@contextmanager
def declared(context: MigrationContext) -> Iterator[None]:
    """Run a guarded operation within: what it does to rows is declared.

    Raises:
        Refused: For what the plain statements before it did.
    """
    watch: Watch | None = context.opts.get(WATCH)
    if watch is None:
        yield
        return
    watch.end()
    with watch.ours():
        yield
    if watch.is_shared:
        # A cursor that the revision has may go on.
        watch.plain("")
