"""What refuses a run: all of it in one refusal, in the words of the file that is there once the run is undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from homecoming.errors import Refused
from homecoming.operations.messages import counted, said
from homecoming.operations.sqlite.live import all_tables, count_where
from homecoming.operations.sqlite.table import Table
from homecoming.operations.sqlite.text import key, literal, meaning, quote
from homecoming.project import project
from homecoming.sql_texts import ServerMessage

# The keys of ``Connection.info``: the transaction of a run that goes on after a fault; what is known of a transaction.
_RUN = "homecoming.run"
_FAULTS = "homecoming.faults"
_DIALECT = sqlite.dialect()


@dataclass
class _Fault:
    todo: str
    things: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)


@dataclass
class _Found:
    """What a transaction found before its first change, and what it has noted since.

    Attributes:
        tables: by the keys of their names.
        names: the keys that tables had, by those they have, where they were renamed.
        columns: the same of columns, by the keys of table and column.
        fed: the keys of tables that rows of others came to.
    """

    transaction: object
    tables: dict[str, Table]
    names: dict[str, str] = field(default_factory=dict)
    columns: dict[tuple[str, str], str] = field(default_factory=dict)
    faults: dict[str, _Fault] = field(default_factory=dict)
    fed: set[str] = field(default_factory=set)


def collect(connection: sa.Connection) -> None:
    """Have faults of this transaction noted until ``refuse``; without it each is refused at once."""
    connection.info[_RUN] = connection.get_transaction()


def remember(connection: sa.Connection) -> None:
    """Take in the tables as they are, before the first change of a transaction."""
    connection.info[_FAULTS] = _Found(
        connection.get_transaction(), {key(table.name): table for table in all_tables(connection)}
    )


def _found(connection: sa.Connection) -> _Found:
    found: _Found | None = connection.info.get(_FAULTS)
    if found is None or found.transaction is not connection.get_transaction():
        remember(connection)
        found = connection.info[_FAULTS]
    return found


def renamed(connection: sa.Connection, old: str, new: str, column: tuple[str, str] | None = None) -> None:
    """Take in that a table has another name from now on or, with ``column`` (old, new), that a column of it has."""
    found = _found(connection)
    if column is None:
        found.names[key(new)] = found.names.pop(key(old), key(old))
    else:
        found.columns[key(new), key(column[1])] = key(column[0])


def was(connection: sa.Connection, table: str, column: str = "") -> str:
    """Return the name that a table, or a column of it, had when the run began; nothing where it was not there."""
    found = _found(connection)
    live = found.tables.get(found.names.get(key(table), key(table)))
    if live is None or not column:
        return live.name if live else ""
    old = live.column(found.columns.get((key(table), key(column)), column))
    return old.name if old else ""


def feed(connection: sa.Connection, table: str) -> None:
    """Take in that rows of another table came to a table: what refers to it is told apart by that no more."""
    _found(connection).fed.add(key(table))


def is_fed(connection: sa.Connection, table: str) -> bool:
    """Whether rows of another table came to a table."""
    return key(table) in _found(connection).fed


def note(connection: sa.Connection, what: str, todo: str, thing: str = "", query: str = "") -> None:
    """Note a fault. The run goes on to find the rest; an operation outside of a run is refused at once.

    Args:
        connection: in the transaction of the run.
        what: what is wrong.
        todo: the next step.
        thing: where, of several things of which the same is to be said.
        query: a SELECT that shows the rows.

    Raises:
        Refused: outside of a run.
    """
    fault = _found(connection).faults.setdefault(what, _Fault(todo))
    if thing not in fault.things:
        fault.things.append(thing)
        fault.queries += [query] if query else []
    if connection.info.get(_RUN) is not connection.get_transaction():
        refuse(connection)


def is_noted(connection: sa.Connection, what: str, todo: str) -> bool:
    """Whether a fault begins with these words, and has those in what is to be done."""
    faults = _found(connection).faults
    return any(text.startswith(what) and todo in fault.todo for text, fault in faults.items())


def refuse(connection: sa.Connection) -> None:
    """Refuse what was noted. Raises: Refused, where anything was."""
    faults = _found(connection).faults
    if not faults:
        return
    whats, todos = [], []
    for number, (what, fault) in enumerate(faults.items(), start=1):
        mark = f"{number}. " if len(faults) > 1 else ""
        todo = f"{mark}{fault.todo}{'See them: ' * bool(fault.queries)}{' UNION ALL '.join(fault.queries)}"
        # A name may hold a line's end, and forges no line.
        whats.append(" ".join(f"{mark}{what}{', '.join(fault.things)}".splitlines()))
        todos.append(" ".join(todo.splitlines()))
    what, todo = ServerMessage("\n".join(whats)), ServerMessage("\n".join(todos))
    raise Refused(what, todo, several=True) from None


def see(connection: sa.Connection, table: str, columns: Sequence[str], condition: str, label: bool = False) -> str:
    """Return the statement that shows rows of a table as the run found it, with its name if ``label``."""
    here = was(connection, table) or table
    names = [was(connection, table, column) for column in ("id", *columns)]
    shown = ", ".join(map(quote, dict.fromkeys(filter(None, names))))
    return f"SELECT {f'{literal(here)}, ' * label}{shown or '*'} FROM {quote(here)} WHERE {condition}"


def no_row(
    connection: sa.Connection,
    table: str,
    columns: Sequence[str],
    condition: str,
    message: str,
    shown: str,
    by_id: bool = False,
    **parameters: str,
) -> bool:
    """Note how many rows satisfy a condition; return whether none does.

    Args:
        connection: in the transaction of the run.
        table: as it is called now, and so ``columns``.
        columns: those that it is about.
        condition: which rows.
        message: the key of what is said of them.
        shown: the condition in the words of the beginning.
        by_id: whether those words cannot say it, so that the rows are shown by their ids.
        parameters: of the message.

    Raises:
        Refused: outside of a run, where one does.
    """
    rows = count_where(connection, table, condition)
    if rows:
        if by_id and was(connection, table, "id"):
            ids = f"SELECT id FROM {quote(table)} WHERE {condition} ORDER BY id"
            spelled = connection.exec_driver_sql(f"SELECT group_concat(quote(id), ', ') FROM ({ids})").scalar_one()
            shown = f"id IN ({spelled})"
        names = ", ".join(quote(was(connection, table, column) or column) for column in columns)
        query = see(connection, table, () if shown.endswith(" IS NULL") else columns, shown)
        rest = said(f"{message}.what", **parameters)
        what = f"{was(connection, table) or table}.{names}: {counted(message, rows)} {rest}"
        note(connection, what, f"{said(f'{message}.todo')}, then run again. ", query=query)
    return not rows


def may_be_column(connection: sa.Connection, table: str, column: str, type_: str) -> str:
    """Return what would rename to a missing column those of its type that nobody knows, a statement for each."""
    known, live = project().metadata.tables.get(table), _found(connection).tables[key(was(connection, table))]
    if known is None:
        return ""
    alter = f"ALTER TABLE {quote(live.name)} RENAME COLUMN"
    return "".join(
        f"if {other.name} is it: {alter} {quote(other.name)} TO {quote(column)}; else "
        for other in live.columns
        if key(other.name) not in known.columns and meaning(other.type).split()[:1] == meaning(type_).split()[:1]
    )


def may_be_table(connection: sa.Connection, missing: str) -> str:
    """Return what would rename to a missing table those nobody knows that have most, at least half, of its columns."""
    wanted: Any = project().metadata.tables.get(missing)
    shared = {
        table.name: sum(table.has(column.name) for column in wanted.columns)
        for name, table in _found(connection).tables.items()
        if wanted is not None and name not in project().metadata.tables
    }
    most = max(shared.values(), default=0)
    return "".join(
        f"if {name} is it: ALTER TABLE {quote(name)} RENAME TO {quote(missing)}; else "
        for name, columns in sorted(shared.items())
        if columns == most and 2 * columns >= len(wanted.columns)
    )
