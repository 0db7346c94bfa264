"""What each revision did to this database, by the register: what it retired, replaced, changed and made."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

import sqlalchemy as sa

from homecoming.history.words import KINDS, kind_and_name
from homecoming.language import Message, joined, tr, trn

_TABLES = {
    "postgresql": ("retired.register", "SELECT to_regclass('retired.register') IS NOT NULL"),
    "sqlite": ("retired_register", "SELECT count(*) FROM sqlite_master WHERE name = 'retired_register'"),
}
# What undoes something that was not there before.
_MADE = re.compile(
    r"DROP (?!CONSTRAINT)|CALL (?:drop|retire)_|ALTER TABLE \S+ (?:DROP CONSTRAINT|ALTER COLUMN \S+ DROP)"
)
_ROWS = frozenset({"cells", "changed", "deleted"})
# Its own book-keeping, of which nothing is to be told.
_SILENT = frozenset(
    {"reference", "arrived", "undo run", "undo made", "undo broken", "undo lost", "undo inserted", "undo purged"}
)


# The tables that keep rows, but for the register.
_KEEPING = {
    "postgresql": "SELECT relname::text FROM pg_class WHERE relnamespace = to_regnamespace('retired') "
    "AND relkind IN ('r', 'p') AND relname <> 'register'",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table' AND substr(name, 1, 8) = 'retired_' "
    "AND name <> 'retired_register'",
}
_UNSAID = {"no_parameters": True}


class Entry(NamedTuple):
    """One entry. ``rows`` is None where it has none; ``is_kept``, whether something of it is kept for the way back."""

    revision: str
    kind: str
    name: str
    rows: int | None
    at: datetime
    definition: str | None

    @property
    def is_kept(self) -> bool:
        """Whether it is of something retired; what only the way back reads is not."""
        return not self.kind.startswith("undo")


@dataclass(frozen=True)
class Kept:
    """What is kept of something retired, now.

    Attributes: ``id`` of its entry, 0 for a table that no entry names; ``kept_in``, the table's name, and ``table``, as
    SQL has it, both empty where nothing but a definition is kept; ``rows`` that are there, None for a definition;
    ``size`` in bytes, None where it cannot be known.
    """

    id: int
    entry: Entry
    kept_in: str = ""
    table: str = ""
    rows: int | None = None
    size: int | None = None

    @property
    def name(self) -> str:
        """What it was: ``column produtos.evento_id``."""
        return kind_and_name(self.entry.kind, self.entry.name)


def read_kept(connection: sa.Connection) -> list[Kept]:
    """Return what is kept, in the order in which it was entered; then tables that lie there and are in no entry.

    Errors: the driver's, where it may not be read.
    """
    register, there = _TABLES[connection.dialect.name]
    postgresql = connection.dialect.name == "postgresql"
    quote = connection.dialect.identifier_preparer.quote_identifier
    tables = set(connection.exec_driver_sql(_KEEPING[connection.dialect.name], execution_options=_UNSAID).scalars())
    found: list[Kept] = []
    if connection.exec_driver_sql(there).scalar():
        rows = connection.exec_driver_sql(
            f"SELECT id, revision, kind, object, rows, retired_at, definition, kept_in FROM {register} ORDER BY id"
        )
        for number, of, kind, name, counted, at, text, kept_in in rows.all():
            entry = Entry(of or "", kind, name, counted, _moment(at), text)
            if kept_in in tables:
                table = f"retired.{quote(kept_in)}" if postgresql else f"main.{quote(kept_in)}"
                found.append(Kept(number, entry, kept_in, table, *_measured(connection, table, kept_in)))
            elif entry.is_kept:
                found.append(Kept(number, entry))
    for name in sorted(tables - {thing.kept_in for thing in found}):
        table = f"retired.{quote(name)}" if postgresql else f"main.{quote(name)}"
        entry = Entry("", "unknown table", name, None, datetime.now(UTC), None)
        found.append(Kept(0, entry, name, table, *_measured(connection, table, name)))
    return found


def _measured(connection: sa.Connection, table: str, name: str) -> tuple[int, int | None]:
    """Return how many rows a table has, and its bytes, with indexes."""
    rows = connection.exec_driver_sql(f"SELECT count(*) FROM {table}", execution_options=_UNSAID).scalar_one()
    if connection.dialect.name == "postgresql":
        size = connection.execute(sa.text("SELECT pg_total_relation_size(CAST(:name AS regclass))"), {"name": table})
        return rows, size.scalar_one()
    try:
        pages = "SELECT sum(pgsize) FROM dbstat WHERE name = ?"
        return rows, connection.exec_driver_sql(pages, (name,)).scalar()
    except sa.exc.OperationalError:
        # SQLite may be built without that table.
        return rows, None


def read_entries(connection: sa.Connection) -> list[Entry]:
    """Return what the register has, in the order in which it was entered; nothing where there is no register.

    Errors: the driver's, where it may not be read.
    """
    table, there = _TABLES[connection.dialect.name]
    if not connection.exec_driver_sql(there).scalar():
        return []
    rows = connection.exec_driver_sql(
        f"SELECT revision, kind, object, rows, retired_at, definition FROM {table} ORDER BY id"
    )
    return [Entry(of or "", kind, name, number, _moment(at), text) for of, kind, name, number, at, text in rows]


def _moment(at: datetime | str) -> datetime:
    moment = at if isinstance(at, datetime) else datetime.fromisoformat(at)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def changes(entries: Iterable[Entry]) -> Iterator[tuple[str, str]]:
    """Yield a line a revision: its number, and what it retired, kept, changed and made here, in words."""
    spoken = (entry for entry in entries if entry.kind not in _SILENT)
    for revision, found in groupby(sorted(spoken, key=lambda entry: entry.revision), key=lambda entry: entry.revision):
        own = list(found)
        kept = [entry for entry in own if entry.is_kept]
        retired = [_Thing(entry.kind, entry.name, entry.rows) for entry in kept if entry.kind not in _ROWS]
        replaced = [_Thing("", entry.name, entry.rows) for entry in kept if entry.kind in ("cells", "changed")]
        deleted = [_Thing("", entry.name, entry.rows) for entry in kept if entry.kind == "deleted"]
        touched: dict[str, bool] = {}
        for entry in own:
            if not entry.is_kept and not any(entry.name.endswith(other.name) for other in kept):
                is_made = entry.definition is None or bool(_MADE.match(entry.definition))
                touched[entry.name] = touched.get(entry.name, True) and is_made
        changed = [_split(name) for name, is_made in touched.items() if not is_made]
        made = [_split(name) for name, is_made in touched.items() if is_made]
        texts = [
            *([tr("retired {things}", things=_listed(retired))] if retired else []),
            *([tr("values replaced in {things}", things=_listed(replaced))] if replaced else []),
            *([tr("rows deleted from {things}", things=_listed(deleted))] if deleted else []),
            *([tr("changed {things}", things=_listed(changed))] if changed else []),
            *([tr("made {things}", things=_listed(made))] if made else []),
        ]
        if texts:
            yield revision, joined("; ", texts)


class _Thing(NamedTuple):
    kind: str
    name: str
    rows: int | None = None


def _split(text: str) -> _Thing:
    kind = next((kind for kind in KINDS if text.startswith(f"{kind} ")), "")
    return _Thing(kind, text.removeprefix(f"{kind} ") if kind else text)


def _listed(things: list[_Thing]) -> Message:
    """Return things in a row, each kind said where it begins: index a, b, table c."""
    said, before = [], ""
    for kind, name, rows in things:
        shown = kind_and_name(kind, name) if kind and kind != before else name
        before = kind
        said.append(shown if rows is None else trn("{name} ({n} row)", "{name} ({n} rows)", rows, name=shown))
    return joined(", ", said)
