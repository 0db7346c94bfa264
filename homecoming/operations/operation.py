"""What a guarded operation is: a name, its arguments once, what it makes true, and how each dialect is asked for it.

``ops`` is the table of them. A revision spells one ``op.<name>(...)``; the same arguments then become one CALL of a
catalogue-reading helper on PostgreSQL, and the call of one function of ``operations.sqlite`` on SQLite.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import sqlalchemy as sa
from alembic.operations import MigrateOperation, Operations

from homecoming.operations.copies import Keyed
from homecoming.operations.describe import Items, Trigger, described, listed
from homecoming.operations.guarded import prepare, send
from homecoming.operations.literals import call
from homecoming.operations.watch import declared


class Call:
    """What one guarded operation asks of a dialect.

    Args:
        name: Of the helper on PostgreSQL, and of the function of ``operations.sqlite``.
        arguments: For both, in one order; a list or mapping that comes last is spread on PostgreSQL.
        on_sqlite: False where SQLite has nothing to do.
        on_postgresql: False where PostgreSQL has not.
    """

    def __init__(self, name: str, *arguments: Any, on_sqlite: bool = True, on_postgresql: bool = True) -> None:
        self.name = name
        self.arguments = arguments
        self.on_sqlite = on_sqlite
        self.on_postgresql = on_postgresql

    @property
    def statement(self) -> str:
        """The statement for PostgreSQL, the same online and in the console script."""
        arguments = [spelled for argument in self.arguments[:-1] for spelled in _spelled(argument)]
        for last in self.arguments[-1:]:
            arguments += last if isinstance(last, (list, tuple)) and not isinstance(last, _OWN) else _spelled(last)
        return call(self.name, arguments)

    def run_on_sqlite(self, connection: sa.Connection) -> None:
        """Call the function of SQLite, where it has one.

        Raises:
            Refused: with all faults that were found before, where one of them may be why a statement failed.
        """
        if not self.on_sqlite:
            return
        functions = importlib.import_module("homecoming.operations.sqlite")
        try:
            functions.OPERATIONS[self.name](connection, *self.arguments)
        except sa.exc.DBAPIError:
            # What comes after a fault may fail because of it.
            functions.refuse(connection)
            raise


@dataclass(frozen=True)
class Operation:
    """One guarded operation.

    Args:
        name: As a revision spells it after ``op.``.
        calls: From a revision's arguments to what is asked of the dialects.
    """

    name: str
    calls: Callable[..., Iterable[Call]]

    @property
    def makes_true(self) -> str:
        """What holds once it ran, in one line."""
        return (inspect.getdoc(self.calls) or "").split("\n")[0]


# Every guarded operation by its name.
OPERATIONS: dict[str, Operation] = {}


class GuardedOperation(MigrateOperation):
    """An operation that looks at the live catalogue and does only what is missing.

    Args:
        name: Of the operation.
        arguments: As the revision gives them.
        named: Those that it gives by name.
    """

    def __init__(self, name: str, *arguments: Any, **named: Any) -> None:
        self.name = name
        self.arguments = arguments
        self.named = named
        self.calls = list(OPERATIONS[name].calls(*arguments, **named))


@Operations.implementation_for(GuardedOperation)
def _run(operations: Operations, operation: GuardedOperation) -> None:
    context = operations.get_context()
    if context.opts.get("homecoming_reference") and operation.name == "drop_unmanaged":
        # What the schema has no more is none there: the history made it, and is compared with the schema.
        return
    adapts = context.opts.get("homecoming_adapts", lambda one: [one])
    calls = [call for adapted in adapts(operation) for call in adapted.calls]
    with declared(context):
        if context.dialect.name == "sqlite":
            for call in calls:
                call.run_on_sqlite(operations.get_bind())
            return
        prepare(context)
        for call in calls:
            if call.on_postgresql:
                send(context, call.statement)


def operation(calls: Callable[..., Call | Iterable[Call]]) -> Callable[..., Iterable[Call]]:
    """Enter a function into the table, and into Alembic's ``op``, under its own name."""

    def as_list(*arguments: Any, **named: Any) -> list[Call]:
        made = calls(*arguments, **named)
        return [made] if isinstance(made, Call) else list(made)

    name = calls.__name__
    as_list.__doc__ = calls.__doc__
    as_list.__signature__ = inspect.signature(calls)  # type: ignore[attr-defined]  # inspect looks for it

    # Alembic makes the method of this name from the class's own.
    def invoke(cls: type[GuardedOperation], operations: Operations, *arguments: Any, **named: Any) -> None:
        operations.invoke(cls(name, *arguments, **named))

    invoke.__name__, invoke.__doc__ = name, calls.__doc__
    OPERATIONS[name] = Operation(name, as_list)
    Operations.register_operation(name)(type(name, (GuardedOperation,), {name: classmethod(invoke)}))
    return as_list


# What PostgreSQL is told in words of its own, a list as it may be.
_OWN = (Items, Keyed)


@singledispatch
def _spelled(argument: Any) -> list[Any]:
    """Return an argument as the helpers of PostgreSQL take it: as one of theirs, or as several."""
    return [argument]


@_spelled.register
def _(argument: sa.Column) -> list[Any]:  # type: ignore[type-arg]  # as the others
    return [described(argument)]


@_spelled.register
def _(argument: Items) -> list[Any]:
    return [listed(argument.described())]


@_spelled.register
def _(argument: Trigger) -> list[Any]:
    return [argument.name, *([argument.fires, argument.body] if argument.body else [])]


@_spelled.register
def _(argument: Mapping) -> list[Any]:  # type: ignore[type-arg]  # singledispatch looks at the class alone
    return [word for pair in argument.items() for word in pair]


@_spelled.register
def _(argument: Keyed) -> list[Any]:
    return argument.words()
