"""What a revision does to rows outside the guarded operations: seen by the run itself, and refused.

Guarded operations keep what they take away. Whatever else a revision sends (plain Alembic, ``op.execute``, a statement
on ``op.get_bind()``) is watched: a look before the first such statement, another before the next guarded operation or
the revision's end. A revision without one pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from homecoming.operations.batch import answered
from homecoming.operations.guarded import send
from homecoming.operations.literals import literal
from homecoming.operations.watch import WATCH, Watch

if TYPE_CHECKING:
    from homecoming.operations.sqlite.undeclared import Stretch

# SQLSTATE of what pg_temp.check_rows() raises; its detail is for pg_temp.refuse_undeclared().
UNDECLARED = "PM007"

# How a stretch of plain statements begins and ends; the console script sets a handler around it.
BEGIN = "CALL pg_temp.watch_rows()"
END = "CALL pg_temp.check_rows()"

_SAVEPOINT = "homecoming_plain"


def watched(change: Callable[..., Any], context: MigrationContext) -> Callable[..., Any]:
    """Return what a revision does, refused where it loses or changes rows that no operation declares.

    Args:
        change: Its ``upgrade`` or ``downgrade``.
        context: Of the run.
    """

    # Alembic's log names it: upgrade, or downgrade.
    @wraps(change)
    def run(**options: Any) -> None:
        with _watching(context) as watch:
            change(**options)
            watch.end()

    return run


@contextmanager
def _watching(context: MigrationContext) -> Iterator[Watch]:
    """Have every statement of a revision pass by its watch: printed ones as they are printed, others as they run."""
    watch = _SQLite(context) if context.dialect.name == "sqlite" else _PostgreSQL(context)
    context.opts[WATCH] = watch
    connection = None if context.as_sql else context.connection

    def seen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        watch.plain(statement)

    if connection is not None:
        sa.event.listen(connection, "before_cursor_execute", seen)
    try:
        yield watch
    finally:
        del context.opts[WATCH]
        if connection is not None:
            sa.event.remove(connection, "before_cursor_execute", seen)


class RevisionOperations(Operations):
    """A revision's ``op``: whoever asks for the connection may run what nobody sees, so the looks begin there."""

    def get_bind(self) -> Any:
        """Return the connection of the run; None where statements are printed."""
        watch: Watch | None = self.get_context().opts.get(WATCH)
        # A guarded operation asks for it, too.
        if watch and not watch.is_ours:
            watch.plain("")
            watch.is_shared = not self.get_context().as_sql
        # A cursor of the driver's own is seen by nobody.
        answered(self.get_context())
        return super().get_bind()


class _PostgreSQL(Watch):
    def begin(self) -> None:
        send(self.context, BEGIN)
        if not self.context.as_sql:
            # What is refused is undone first, or nobody could count what a DROP took. And within it a TRUNCATE leaves
            # its file, also of a table that this transaction has rewritten.
            send(self.context, f"SAVEPOINT {_SAVEPOINT}")
            answered(self.context)

    def finish(self) -> None:
        try:
            send(self.context, END)
            answered(self.context)
        except sa.exc.DBAPIError as error:
            if getattr(error.orig, "pgcode", None) != UNDECLARED:
                raise
            found = error.orig.diag.message_detail  # type: ignore[union-attr]
            send(self.context, f"ROLLBACK TO SAVEPOINT {_SAVEPOINT}")
            send(self.context, f"CALL pg_temp.refuse_undeclared({literal(found)})")
            answered(self.context)
        if not self.context.as_sql:
            send(self.context, f"RELEASE SAVEPOINT {_SAVEPOINT}")


class _SQLite(Watch):
    """A run on a file; nothing is printed for one."""

    stretch: Stretch | None = None

    def begin(self) -> None:
        from homecoming.operations.sqlite.undeclared import Stretch

        assert self.context.connection is not None
        self.stretch = Stretch(self.context.connection)

    def look(self, statement: str) -> None:
        assert self.stretch is not None
        self.stretch.look(statement)

    def finish(self) -> None:
        assert self.stretch is not None
        self.stretch.end()


def drops_column(watch: Watch, table: str, column: str) -> None:
    """Have a column that holds no value dropped freely: nobody could tell afterwards. PostgreSQL only.

    Args:
        watch: Over the revision that drops it.
        table: The column's, in schema public.
        column: Its name.
    """
    # It begins the stretch, where nothing else has.
    watch.plain("")
    with watch.ours():
        send(watch.context, f"CALL pg_temp.watch_column({literal(table)}, {literal(column)})")
