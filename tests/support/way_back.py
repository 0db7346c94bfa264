"""What a SQLite file holds, to the letter, and whether the way back brought it back with the rows written meanwhile.

Knows nothing of the library it judges, but for the tables of head, into which it writes as the application would.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from homecoming.schema.dialects import schema_for
from tests.support import lineage

OURS = ("alembic_version", "migration_history")
RENAMED = {"categorias_produtos": "produtos_categorias"}
_NAMES = re.compile(r"""["`\[\]]""")
Rows = dict[tuple[str, ...], dict[str, str]]
"""The rows of a table by key, or as often as each is there: the literal of each cell by its column."""


@dataclass(frozen=True)
class Found:
    """A file: statements by kind and name; columns, foreign keys and rows by table; where AUTOINCREMENT is."""

    objects: dict[tuple[str, str], str]
    columns: dict[str, set[tuple[str, str, str]]]
    references: dict[str, dict[str, str]]
    tables: dict[str, Rows]
    sequences: dict[str, int]


def take(engine: sa.Engine) -> Found:
    """Read all of a file that is not this project's own."""
    with engine.connect() as connection:
        objects = {
            (kind, name): spelled(sql)
            for kind, name, table, sql in connection.exec_driver_sql(
                "SELECT type, name, tbl_name, sql FROM sqlite_master"
            )
            if sql and not is_ours(table) and not is_ours(name)
        }
        tables = {name: _rows(connection, name) for kind, name in objects if kind == "table"}
        columns = {name: _columns(connection, name) for name in tables}
        references = {
            name: {row[3]: row[2] for row in connection.exec_driver_sql(f'PRAGMA foreign_key_list("{name}")')}
            for name in tables
        }
        counted = ("table", "sqlite_sequence") in objects
        found = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence").all() if counted else []
    objects.pop(("table", "sqlite_sequence"), None)
    tables.pop("sqlite_sequence", None)
    return Found(objects, columns, references, tables, {row.name: row.seq for row in found if not is_ours(row.name)})


def is_ours(name: str) -> bool:
    """Whether a table is this project's book-keeping."""
    return name in OURS or name.startswith("retired_")


def spelled(sql: str) -> str:
    """Return a statement but for blanks and quotes."""
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(_NAMES.sub("", sql).split()))


def _rows(connection: sa.Connection, table: str) -> Rows:
    quoted = '"' + table.replace('"', '""') + '"'
    info = connection.exec_driver_sql(f"PRAGMA table_xinfo({quoted})").all()
    names = [row[1] for row in info if row[6] != 1]
    keys = [row[1] for row in info if row[5]] or (["id"] if "id" in names else [])
    cells = ", ".join(f'quote("{name}")' for name in names)
    found: Rows = {}
    for row in connection.exec_driver_sql(f"SELECT {cells} FROM {quoted}"):
        cell = dict(zip(names, row, strict=True))
        key: tuple[str, ...] = tuple(cell[name] for name in keys) or tuple(row)
        while key in found:
            key = (*key, "again")
        found[key] = cell
    return found


def differences(before: Found, after: Found) -> list[str]:
    """Return what is not as it was found, a line an object, a table or a cell."""
    lines = []
    for place in sorted({*before.objects, *after.objects}):
        old, new = before.objects.get(place), after.objects.get(place)
        if old != new:
            lines.append(f"{' '.join(place)}: {old} -> {new}")
    for table, rows in before.tables.items():
        there = after.tables.get(table, {})
        for key in sorted({*rows, *there}, key=str):
            if rows.get(key) != there.get(key):
                lines.append(f"{table} {key}: {_differing(rows.get(key), there.get(key))}")
    if before.sequences != after.sequences:
        lines.append(f"sequences: {before.sequences} -> {after.sequences}")
    return lines


def _differing(old: dict[str, str] | None, new: dict[str, str] | None) -> str:
    if old is None or new is None:
        return "gone" if new is None else "is new"
    return ", ".join(
        f"{name} {old.get(name)} -> {new.get(name)}" for name in {**old, **new} if old.get(name) != new.get(name)
    )


def write(engine: sa.Engine) -> dict[str, list[dict[str, Any]]]:
    """Add two rows to each table of head, as the application would, which refer to one another; return them."""
    written: dict[str, list[dict[str, Any]]] = {}
    with engine.begin() as connection:
        for table in schema_for(engine.dialect.name).sorted_tables:
            highest = connection.scalar(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))) or 0
            for number in (1, 2):
                row = {"id": highest + number} | {
                    column.name: _value(column, 9000 + number, written) for column in table.c if not column.primary_key
                }
                connection.execute(table.insert(), row)
                written.setdefault(table.name, []).append(row)
    return written


def _value(column: sa.Column[Any], number: int, written: dict[str, list[dict[str, Any]]]) -> Any:
    for reference in column.foreign_keys:
        parent = written.get(reference.target_fullname.partition(".")[0])
        return parent[-1]["id"] if parent else None
    return lineage.value(column, number, 10000, {})


def differences_beside(before: Found, after: Found, written: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Return what is not as it was found, or as it was written since; what a new row does not satisfy may be away."""
    lines = []
    for (kind, name), old in before.objects.items():
        new = after.objects.get((kind, name))
        # A constraint or NOT NULL that a row written since does not satisfy may be away.
        loosened = kind == "table" and before.columns[name] == after.columns.get(name)
        if old != new and not loosened:
            lines.append(f"{kind} {name}: {old} -> {new}")
    for table, rows in before.tables.items():
        there = after.tables.get(table, {})
        # What a row written since refers to may not be in the copy that a key referred to: then that stays turned.
        stays = before.references[table].items() - after.references.get(table, {}).items()
        for key, row in rows.items():
            turned = {column: (there.get(key) or {}).get(column, "") for column, _ in stays}
            if row | turned != there.get(key):
                lines.append(f"{table} {key}: {_differing(row, there.get(key))}")
    lines += not_there(written, after)
    for name in after.tables:
        if name not in before.tables and not any(_may_hold(name, table) for table in written):
            lines.append(f"table {name}: made")
    return lines


def not_there(written: dict[str, list[dict[str, Any]]], after: Found) -> list[str]:
    """Return which rows that were written are not there, in their table or in one that has its rows."""
    lines = []
    for table, added in written.items():
        places = [rows for name, rows in after.tables.items() if _may_hold(name, table)]
        for row in added:
            key = (str(row["id"]),)
            if not any(_is_it(row, rows[key]) for rows in places if key in rows):
                lines.append(f"{table} {row['id']}: written since, and not there any more")
    return lines


def _columns(connection: sa.Connection, table: str) -> set[tuple[str, str, str]]:
    info = connection.exec_driver_sql("SELECT name, type, dflt_value FROM pragma_table_xinfo(?)", (table,))
    return {(row[0], spelled(row[1]), spelled(row[2] or "")) for row in info}


def _may_hold(name: str, table: str) -> bool:
    return name.lower() in (table, RENAMED.get(table)) or name.lower().startswith(f"{table}_")


def _is_it(row: dict[str, Any], there: dict[str, str]) -> bool:
    """Whether a row is the one that was written, by the cells that are text."""
    texts = [(name, value) for name, value in row.items() if isinstance(value, str) and name in there]
    return all(there[name].strip("'").replace("''", "'") == value for name, value in texts)
