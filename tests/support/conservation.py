"""Is every cell still there? Reads a whole database before and after, and lists what is neither in place nor retired.

Knows nothing of the library it judges. What it takes for the same cell, and no more:

- the same table, row key and column, or one of the renames below;
- a retired table: the whole one under its old name, or `<table>__<column>` (`...__before`) with the row's key, in
  PostgreSQL's schema `retired` or under SQLite's prefix `retired_`;
- for a leftover copy (`produtos_old`), the row of that key in the live table.

And for the same value: an equal one, but for the case and surrounding blanks of text that became a label of its
column's enum; a timestamp without time zone, or its text, is that instant in the servers' zone; a number's scale;
inet and jsonb as text; the bytes of a text; a number that SQLite stores as another class. NULL in a column that is
gone is no loss, nor is NULL, or a blank type, filled from the column it merged with.

What tells the row of a retired cell (`of_row`), and what it became, are no cells themselves.

A foreign key that was turned from a leftover copy to the live table must find the same thing there: a product sold
before is not the new one that got its number.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tests.support import lineage, servers

Key = tuple[Any, ...]
Row = dict[str, Any]
Column = tuple[str, str, bool]
"""Name, type, whether it is in the primary key."""

RENAMED_COLUMNS = (("tipo_usuario", "tipo"), ("created_at", "criado_em"), ("updated_at", "atualizado_em"))
RENAMED_TABLES = (("produtos_categorias", "categorias_produtos"),)
LEFTOVER = re.compile(r"(?:_alembic_tmp_)?(.+?)(?:_(?:old|new|temp|tmp|backup|bkp|copy|antigo|antiga)(?:_.*)?)?")
IDENTITY = ("criado_em", "nome")
"""Columns that tell a row from another of its number: it may be renamed, but not made again at another time as well."""
RETIRED = "retired."
ZONE = ZoneInfo(servers.SETTINGS["timezone"])
NOT_DATA = {"alembic_version", RETIRED + "register"}
SHOWN = 5
"""Row keys named in a line; its count says how many there are."""


@dataclass
class Table:
    """A table's rows as the driver gave them; `key` is the primary key, else a unique `id`, else empty.

    `references` are the foreign keys of one column to an `id`: the column's name, and the table it refers to.
    """

    name: str
    types: dict[str, str]
    key: tuple[str, ...]
    rows: list[Row]
    references: dict[str, str]
    _indexes: dict[tuple[str, ...], dict[Key, Row]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def original(self) -> str:
        """The table whose cells these are: `produtos` for `retired.produtos__evento_id`."""
        return self.name.removeprefix(RETIRED).split("__")[0]

    @property
    def in_place(self) -> bool:
        return not self.name.startswith(RETIRED)

    def row(self, columns: tuple[str, ...], key: Key) -> Row | None:
        """Return the row whose `columns` are `key`; None if there is none, or the table lacks one of the columns."""
        if not self.types.keys() >= set(columns):
            return None
        if columns not in self._indexes:
            self._indexes[columns] = {tuple(row[column] for column in columns): row for row in self.rows}
        return self._indexes[columns].get(key)


@dataclass(frozen=True)
class Snapshot:
    """Every table by name: with its schema unless that is public; a retired one is `retired.<name>` everywhere."""

    tables: dict[str, Table]


def take(engine: sa.Engine) -> Snapshot:
    """Read every table of the database, retired ones and those of unknown schemas too; Alembic's own is left out."""
    with engine.connect() as connection:
        tables = _of_sqlite(connection) if engine.dialect.name == "sqlite" else _of_postgresql(connection)
    return Snapshot({table.name: table for table in tables if table.name not in NOT_DATA})


def missing(before: Snapshot, engine_after: sa.Engine) -> list[str]:
    """Return what of `before` is neither in place nor retired: a line a table and column, with its number of cells.

    A line names row keys that are numbers, and no other data. A `before` taken at head judges a downgrade the same way.
    """
    after = take(engine_after)
    known = before.tables.keys() | after.tables.keys()
    lines: list[str] = []
    for table in before.tables.values():
        names = _names(table.original, known)
        lines += _missing(table, [place for place in after.tables.values() if place.original in names])
        lines += _turned(table, before, after)
    return lines


def _names(original: str, known: set[str]) -> set[str]:
    """Return the tables that a row of table `original` may have gone to."""
    names = {original}.union(*(pair for pair in RENAMED_TABLES if original in pair))
    leftover = LEFTOVER.fullmatch(original)
    return names | ({leftover[1]} & known if leftover else set())


def _missing(table: Table, places: list[Table]) -> list[str]:
    if table.rows and not places:
        return [f"{table.name}: the table is gone, with {_count(len(table.rows), 'row')}"]
    if not table.key:
        return _missing_rows(table, places)
    rows: list[Key] = []
    cells: dict[str, list[Key]] = defaultdict(list)
    for row in table.rows:
        key = tuple(row[column] for column in table.key)
        found = [(place, there) for place in places if (there := place.row(table.key, key)) is not None]
        if not found:
            rows.append(key)
            continue
        for column in table.types:
            if lost := _lost(table, row, column, found):
                cells[f"{table.name}.{column}: {{}} {lost}"].append(key)
    lines = [f"{table.name}: {_count(len(rows), 'row')} gone{_shown(table, rows)}"] if rows else []
    return lines + [line.format(_count(len(keys), "cell")) + _shown(table, keys) for line, keys in cells.items()]


def _missing_rows(table: Table, places: list[Table]) -> list[str]:
    """Compare whole rows, as often as each occurs: the table has nothing to tell them apart by."""
    there: Counter[Key] = Counter()
    for place in places:
        if place.types.keys() >= table.types.keys():
            there |= Counter(tuple(_plain(row[column]) for column in table.types) for row in place.rows)
    gone = Counter(tuple(_plain(value) for value in row.values()) for row in table.rows) - there
    return [f"{table.name}: {_count(gone.total(), 'row')} gone"] if gone else []


def _turned(table: Table, before: Snapshot, after: Snapshot) -> list[str]:
    """Compare what each foreign key that refers to another table now found before and finds now."""
    lines = []
    there = after.tables.get(table.name)
    for column, old in table.references.items():
        new = there.references.get(column, old) if there else old
        # Without a key nothing says which row was which.
        if there is None or new == old or not table.key:
            continue
        if old not in before.tables or new not in after.tables:
            continue
        keys = []
        for row in table.rows:
            key = tuple(row[part] for part in table.key)
            was = before.tables[old].row(("id",), (row[column],))
            now = after.tables[new].row(("id",), ((there.row(table.key, key) or {}).get(column),))
            if was and now and all(_plain(was.get(part)) != _plain(now.get(part)) for part in IDENTITY):
                keys.append(key)
        if keys:
            lines.append(
                f"{table.name}.{column}: {_count(len(keys), 'cell')} turned to another row{_shown(table, keys)}"
            )
    return lines


def _lost(table: Table, row: Row, column: str, found: list[tuple[Table, Row]]) -> str | None:
    """Return what became of a cell if it is lost: "gone", "changed" or "now NULL". `found` are the rows of its key."""
    aliases = {column}.union(*(pair for pair in RENAMED_COLUMNS if column in pair))
    in_place = []
    for place, there in found:
        for alias in aliases & there.keys():
            if _same(table.types[column], row[column], there[alias], _labels().get(f"{place.original}.{alias}", [])):
                return None
            if place.in_place:
                in_place.append(there[alias])
    if row[column] is None or (isinstance(row[column], str) and not row[column].strip() and aliases > {column}):
        merged = [row[alias] for alias in aliases - {column} if row.get(alias) is not None]
        if (not in_place and row[column] is None) or any(_folded(m) == _folded(i) for m in merged for i in in_place):
            return None
    if not in_place:
        return "gone"
    return "now NULL" if None in in_place else "changed"


def _same(spelled: str, value: Any, there: Any, labels: list[str]) -> bool:
    """Return whether `there` is the value that was `value` in a column of type `spelled`."""
    a, b = _plain(value), _plain(there)
    if type(a) is type(b) and a == b:
        return True
    if isinstance(a, bytes) and isinstance(b, str):
        return a == b.encode()
    if isinstance(a, str) and isinstance(b, str):
        if spelled in ("json", "jsonb"):
            return bool(_parsed(a) == _parsed(b))
        if spelled == "inet":
            return bool(a == re.sub(r"/32$" if "." in b else r"/128$", "", b))
        return b in labels and _folded(a) == _folded(b)
    for text, moment in ((a, b), (b, a)):
        if isinstance(text, str) and isinstance(moment, dt.datetime) and re.match(r"\d{4}-\d\d-\d\d", text):
            return bool(_plain(dt.datetime.fromisoformat(text)) == moment)
    # Only SQLite lets a column's class change; the text must be how one writes the number, so 007 is not 7.
    for text, number in ((a, b), (b, a)):
        if isinstance(text, str) and isinstance(number, Decimal) and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text):
            return Decimal(text) == number
    return False


def _plain(value: Any) -> Any:
    """Return `value` in the one form its kind is compared in."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float | Decimal):
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if isinstance(value, dt.datetime):
        return (value if value.tzinfo else value.replace(tzinfo=ZONE)).astimezone(dt.UTC)
    if isinstance(value, memoryview):
        return bytes(value)
    return tuple(value) if isinstance(value, list) else value


def _folded(value: Any) -> Any:
    return value.strip().casefold() if isinstance(value, str) else _plain(value)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text


@cache
def _labels() -> dict[str, list[str]]:
    """Return the labels of each enum column of the schema the application needs, state 22."""
    return lineage.enum_labels(lineage.load(22))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _shown(table: Table, keys: list[Key]) -> str:
    """Return some of the keys to look at, if they are numbers: a key of text may be somebody's name."""
    if not all(isinstance(part, int) for key in keys for part in key):
        return ""
    some = ", ".join("/".join(map(str, key)) for key in sorted(keys)[:SHOWN])
    return f" ({'/'.join(table.key)} {some}{', ...' if len(keys) > SHOWN else ''})"


POSTGRESQL_REFERENCES = """
    SELECT n.nspname, c.relname, a.attname, CASE r.nspname WHEN 'public' THEN '' ELSE r.nspname || '.' END || t.relname
    FROM pg_constraint f
    JOIN pg_class c ON c.oid = f.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = f.conkey[1]
    JOIN pg_class t ON t.oid = f.confrelid
    JOIN pg_namespace r ON r.oid = t.relnamespace
    JOIN pg_attribute k ON k.attrelid = t.oid AND k.attnum = f.confkey[1] AND k.attname = 'id'
    WHERE f.contype = 'f' AND cardinality(f.conkey) = 1
"""

POSTGRESQL_COLUMNS = """
    SELECT n.nspname, c.relname, a.attname, format_type(a.atttypid, NULL),
        coalesce(a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]), false)
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    WHERE c.relkind IN ('r', 'p') AND n.nspname <> 'information_schema' AND left(n.nspname, 3) <> 'pg_'
        AND NOT (n.nspname = 'retired' AND a.attname IN ('of_row', 'became'))
    ORDER BY n.nspname, c.relname, a.attnum
"""


def _of_postgresql(connection: sa.Connection) -> list[Table]:
    columns: dict[tuple[str, str], list[Column]] = defaultdict(list)
    for schema, name, *column in connection.exec_driver_sql(POSTGRESQL_COLUMNS):
        columns[schema, name].append((column[0], column[1], column[2]))
    references: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for schema, name, column_name, target in connection.exec_driver_sql(POSTGRESQL_REFERENCES):
        references[schema, name][column_name] = target
    tables = []
    for (schema, name), found in columns.items():
        # Read as text, since the driver would parse it and forget how a number was written.
        wanted = [_quoted(column) + ("::text" if spelled in ("json", "jsonb") else "") for column, spelled, _ in found]
        source = f"{_quoted(schema)}.{_quoted(name)}"
        table = _read(connection, name if schema == "public" else f"{schema}.{name}", wanted, source, found)
        table.references |= references[schema, name]
        tables.append(table)
    return tables


def _of_sqlite(connection: sa.Connection) -> list[Table]:
    names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    tables = []
    for name in names:
        if name.startswith(("sqlite_", "retired_undo_")):
            # What the way back reads is a note of what is in place.
            continue
        # Computed columns too, which table_info leaves out; not the hidden ones of a virtual table.
        info = connection.exec_driver_sql(f"PRAGMA table_xinfo({_quoted(name)})").all()
        # PRODUTOS and produtos are one name to SQLite.
        found = [(_lower(column), spelled, bool(key)) for _, column, spelled, _, _, key, hidden in info if hidden != 1]
        shown = re.sub(r"^retired_", RETIRED, _lower(name))
        if shown.startswith(RETIRED):
            # So is what was put in the place of a kept cell.
            found = [part for part in found if not part[0].endswith("__after")]
        if shown.startswith(RETIRED) and "__" in shown and not any(column == "rowid" for column, *_ in found):
            # With the cells of one column it keeps what tells their rows apart: copies, in which nothing is looked for.
            found = [part for part in found if part[2] or part[0] not in IDENTITY or f"__{part[0]}" in shown]
        table = _read(connection, shown, [_quoted(column) for column, *_ in found], _quoted(name), found)
        for _, _, target, column, *_ in connection.exec_driver_sql(f"PRAGMA foreign_key_list({_quoted(name)})"):
            table.references[_lower(column)] = _lower(target)
        tables.append(table)
    return tables


def _read(connection: sa.Connection, name: str, wanted: list[str], source: str, found: list[Column]) -> Table:
    columns = [column for column, *_ in found]
    result = connection.exec_driver_sql(f"SELECT {', '.join(wanted)} FROM {source}")
    rows = [dict(zip(columns, row, strict=True)) for row in result]
    key = tuple(column for column, _, in_key in found if in_key)
    if not key and "id" in columns:
        ids = {row["id"] for row in rows}
        key = ("id",) if len(ids) == len(rows) and None not in ids else ()
    return Table(name, {column: spelled for column, spelled, _ in found}, key, rows, {})


def _lower(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
