"""What the plain statements of a revision do to the rows of a file, refused where no operation declares it.

Temporary triggers count rows as they go or change, whoever it is that changes them; they follow a table that is
renamed, and go with one that is dropped. What a DROP takes away is looked at before it runs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from homecoming.operations.messages import said
from homecoming.operations.sqlite import faults
from homecoming.operations.sqlite.live import (
    count,
    count_where,
    counted,
    has_rows,
    kind_of,
    read_table,
    table_names,
)
from homecoming.operations.sqlite.register import REGISTER, REVISION
from homecoming.operations.sqlite.table import Column
from homecoming.operations.sqlite.text import key, listed, quote, tokens
from homecoming.operations.sqlite.violations import remember

_COUNTS = "temp.homecoming_rows"
_REPLACES = re.compile(r"\bREPLACE\s+INTO\b|\b(?:OR|CONFLICT)\s+REPLACE\b", re.IGNORECASE)

# What declares each kind of change, with the table and the column in their places.


@dataclass
class _Taken:
    """A table that was dropped: its rows, those that no table made in its place holds, and the cells of its columns."""

    rows: int
    lost: int
    cells: dict[str, int] = field(default_factory=dict)
    retyped: dict[str, int] = field(default_factory=dict)


class Stretch:
    """Some plain statements in a row, on the connection of the run."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        remember(connection)
        virtual = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage = 0")
        self._virtual = [key(name) for name in virtual.scalars()]
        self._tables = [name for name in table_names(connection) if self._is_somebody_s(name)]
        # What cannot be told afterwards, of those that hold rows: which columns they had.
        self._columns = {name: self._columns_of(name) for name in self._tables if has_rows(connection, name)}
        self._taken: dict[str, _Taken] = {}
        self._cells: dict[tuple[str, str], int] = {}
        self._recursive = bool(count(connection, "PRAGMA recursive_triggers"))
        connection.exec_driver_sql(
            "CREATE TEMP TABLE homecoming_rows (place INTEGER PRIMARY KEY, name TEXT, gone INTEGER DEFAULT 0,"
            " changed INTEGER DEFAULT 0)"
        )
        for place, name in enumerate(self._tables):
            connection.exec_driver_sql(f"INSERT INTO {_COUNTS} (place, name) VALUES (?, ?)", (place, name))
            for verb, column in (("DELETE", "gone"), ("UPDATE", "changed")):
                connection.exec_driver_sql(
                    f"CREATE TEMP TRIGGER homecoming_{column}_{place} AFTER {verb} ON main.{quote(name)} BEGIN"
                    f" UPDATE homecoming_rows SET {column} = {column} + 1 WHERE place = {place}; END"
                )

    def _columns_of(self, name: str) -> set[str]:
        """The columns that a table had before the run, and has."""
        found = self._connection.exec_driver_sql("SELECT name FROM pragma_table_info(?)", (name,)).scalars()
        return {column for column in found if faults.was(self._connection, name, column) or key(name) == REGISTER}

    def _is_somebody_s(self, name: str) -> bool:
        """Whether a table has rows from before the run, or that a run keeps; what SQLite itself fills is nobody's."""
        if any(key(name).startswith(f"{virtual}_") for virtual in self._virtual):
            return False
        ours = key(name) == REGISTER or key(name).startswith("retired_")
        return ours or bool(faults.was(self._connection, name))

    def look(self, statement: str) -> None:
        """Look at what a statement is about to take away."""
        parts = tokens(statement)
        words = [part.word for part in parts[:4]]
        replaces = _REPLACES.search(statement) or self._conflicts_replace()
        # Without it, a row that REPLACE takes the place of goes without a trigger.
        self._connection.exec_driver_sql(f"PRAGMA recursive_triggers = {int(bool(replaces) or self._recursive)}")
        names = [part.name for part in parts if part.kind in ("word", "quoted", "string")]
        if words[:2] == ["DROP", "TABLE"]:
            self._drops_table(names[-1])
        elif words[:2] == ["ALTER", "TABLE"] and "DROP" in (part.word for part in parts[2:]):
            before = next(place for place, part in enumerate(parts) if place > 1 and part.word == "DROP")
            self._drops_column(parts[before - 1].name, names[-1])

    def _conflicts_replace(self) -> bool:
        statements = self._connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE sql LIKE '%replace%' AND type IN ('table', 'trigger')"
        )
        return any(_REPLACES.search(sql) for sql in statements.scalars())

    def _drops_table(self, name: str) -> None:
        live = self._now().get(key(name))
        if live is None or not has_rows(self._connection, name):
            return
        rows = count_where(self._connection, name, "1")
        self._taken[live] = min(self._compared(name, rows), key=lambda one: one.lost, default=_Taken(rows, rows))

    def _compared(self, name: str, rows: int) -> Iterator[_Taken]:
        """Yield what is lost of a table by each that this run made, and that may be about to take its place."""
        old = read_table(self._connection, name)
        assert old is not None
        watched = set(self._now())
        for other in table_names(self._connection):
            new = None if key(other) in watched else read_table(self._connection, other)
            shared = [] if new is None else [c for c in old.columns if new.has(c.name)]
            if new is None or not shared:
                continue
            retyped = [c.name for c in shared if _affinity(c) != _affinity(new.column(c.name))]
            same = listed(c.name for c in shared if c.name not in retyped)
            rest = f"SELECT {same or 1} FROM {{}}"
            lost = f"SELECT count(*) FROM ({rest.format(quote(name))} EXCEPT {rest.format(quote(other))})"
            yield _Taken(
                rows,
                count(self._connection, lost),
                {c.name: self._values(name, c.name) for c in old.columns if not new.has(c.name)},
                {column: self._values(name, column) for column in retyped},
            )

    def _values(self, table: str, column: str) -> int:
        return count_where(self._connection, table, f"{quote(column)} IS NOT NULL")

    def _drops_column(self, table: str, column: str) -> None:
        live = self._now().get(key(table))
        found = read_table(self._connection, table) if live else None
        if live and found and faults.was(self._connection, table, column) and found.has(column):
            self._cells[live, column] = self._values(table, column)

    def _now(self) -> dict[str, str]:
        """The watched tables that are there, by the keys of their names: what each was called before the stretch."""
        rows = self._connection.exec_driver_sql(
            f"SELECT tbl_name, substr(name, {len('homecoming_gone_') + 1}) FROM sqlite_temp_master"
            " WHERE type = 'trigger' AND name LIKE 'homecoming\\_gone\\_%' ESCAPE '\\'"
        )
        return {key(name): self._tables[int(place)] for name, place in rows}

    def end(self) -> None:
        """Take the triggers down. Raises: Refused, where rows went or changed."""
        connection = self._connection
        self._unseen()
        counts = connection.exec_driver_sql(f"SELECT name, gone, changed FROM {_COUNTS}").all()
        names = connection.exec_driver_sql(
            "SELECT name FROM sqlite_temp_master WHERE type = 'trigger' AND name LIKE 'homecoming\\_%' ESCAPE '\\'"
        )
        for name in list(names.scalars()):
            connection.exec_driver_sql(f"DROP TRIGGER temp.{name}")
        connection.exec_driver_sql(f"DROP TABLE {_COUNTS}")
        connection.exec_driver_sql(f"PRAGMA recursive_triggers = {int(self._recursive)}")
        for name, gone, changed in counts:
            self._note("deletes from", name, gone)
            self._note("changes", name, changed)
        for name, taken in self._taken.items():
            if kind_of(connection, name) != "table":
                self._note("drops", name, taken.rows)
            else:
                fewer = taken.rows - count_where(connection, name, "1")
                self._note("drops", name, max(taken.lost, fewer) if taken.rows > 0 else -1)
                for column, cells in taken.cells.items():
                    self._note("drops a column", name, cells, column)
                for column, cells in taken.retyped.items():
                    self._note("rewrites", name, cells, column)
        for (name, column), cells in self._cells.items():
            self._note("drops a column", name, cells, column)
        faults.refuse(connection)

    def _unseen(self) -> None:
        """Take in what went in a statement that nobody saw, such as one on the driver's own cursor."""
        there = {name: live for live, name in self._now().items()}
        for name, before in self._columns.items():
            if name not in there:
                self._taken.setdefault(name, _Taken(-1, -1))
                continue
            left = self._connection.exec_driver_sql("SELECT name FROM pragma_table_info(?)", (there[name],)).scalars()
            for column in before - set(left):
                self._cells.setdefault((name, column), -1)

    def _note(self, verb: str, table: str, rows: int, column: str = "") -> None:
        if not rows:
            return
        instead = said(f"undeclared.{verb.replace(' ', '_')}", table=table, column=column)
        thing = f"{quote(table)}.{quote(column)}" if column else quote(table)
        # Of what nobody saw, nobody counted the rows.
        how_many = f" ({counted(rows, 'row', 'rows')})" if rows > 0 else ""
        faults.note(
            self._connection,
            said(
                "undeclared.what",
                revision=self._connection.info.get(REVISION),
                verb=verb.removesuffix(" a column"),
                thing=thing,
                rows=how_many,
            ),
            said("undeclared.todo", instead=instead),
        )


def _affinity(column: Column | None) -> str:
    """What SQLite makes of the values of a column, by its declared type."""
    words = column.type.upper() if column else ""
    kinds = (("INT", "integer"), ("CHAR", "text"), ("CLOB", "text"), ("TEXT", "text"), ("BLOB", "none"))
    reals = (("REAL", "real"), ("FLOA", "real"), ("DOUB", "real"))
    return next((kind for part, kind in (*kinds, *reals) if part in words), "numeric" if words else "none")
