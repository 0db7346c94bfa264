"""The catalogue of a SQLite database, read with PRAGMAs and, for what they keep quiet about, from its statements."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import sqlalchemy as sa

from homecoming.catalog import sqlite_text
from homecoming.catalog.facts import IGNORED_TABLES, Catalogue, Fact
from homecoming.project import project

# A virtual table has no page, and nothing of it can be asked for where its module is not there.
OBJECTS = "SELECT type, name, tbl_name, sql FROM main.sqlite_master ORDER BY name"
COLUMNS = """
    SELECT m.name, c.name, c.type, c."notnull", c.dflt_value, c.pk, c.hidden
    FROM main.sqlite_master AS m, pragma_table_xinfo(m.name, 'main') AS c
    WHERE m.type = 'table' AND m.rootpage > 0 ORDER BY m.name, c.cid"""
INDEXES = """
    SELECT m.name, i.name, i.origin, c.name, c.coll
    FROM main.sqlite_master AS m, pragma_index_list(m.name, 'main') AS i, pragma_index_xinfo(i.name, 'main') AS c
    WHERE m.type = 'table' AND m.rootpage > 0 AND i.origin <> 'c' AND c.key ORDER BY m.name, i.seq, c.seqno"""
FOREIGN_KEYS = """
    SELECT m.name, k.id, k."from", k."table", k."to", k.on_update, k.on_delete
    FROM main.sqlite_master AS m, pragma_foreign_key_list(m.name, 'main') AS k
    WHERE m.type = 'table' AND m.rootpage > 0 ORDER BY m.name, k.id, k.seq"""


class Column(NamedTuple):
    """A row of ``pragma_table_xinfo``; ``key`` is the column's place in the primary key, from 1, or 0."""

    name: str
    type: str
    required: bool
    default: str | None
    key: int
    hidden: int


def read(connection: sa.Connection) -> Catalogue:
    """Read the main schema.

    Raises:
        sqlalchemy.exc.DBAPIError: the file is no database, or is locked.
    """
    objects = [row for row in connection.exec_driver_sql(OBJECTS) if not _ignored(row.tbl_name)]
    columns: dict[str, list[Column]] = defaultdict(list)
    for table, name, declared, required, default, key, hidden in connection.exec_driver_sql(COLUMNS):
        columns[table].append(Column(name, declared, bool(required), default, key, hidden))
    indexes: dict[tuple[str, str, str], list[tuple[str, str]]] = defaultdict(list)
    for table, index, origin, column, collation in connection.exec_driver_sql(INDEXES):
        indexes[table, index, origin].append((column, collation.upper()))

    facts: list[Fact] = []
    for kind, name, table, sql in objects:
        if kind == "table":
            items = {} if _is_virtual(sql) else _items(sql)
            keyed_by_index = any(of == name and origin == "pk" for of, _, origin in indexes)
            facts.append(Fact("table", name, _table(sql), (name,)))
            facts += _columns(name, columns[name], items, keyed_by_index)
            facts += _checks(name, columns[name], items)
        elif kind == "view":
            facts.append(Fact("view", name, "VIEW", (name,)))
        elif sql is not None:
            facts.append(_statement(kind, name, table, sql, columns[table]))
    known = {name for kind, name, _, _ in objects if kind == "table"}
    collated = {fact.name: fact.definition.partition(" COLLATE ")[2].split(" ")[0] for fact in facts}
    facts += (
        _unique(table, over, collated)
        for (table, _, origin), over in indexes.items()
        if origin == "u" and table in known
    )
    facts += _foreign_keys(connection, columns, known)
    return Catalogue("sqlite", facts)


def _ignored(table: str) -> bool:
    return table in IGNORED_TABLES or table.startswith(("sqlite_", "retired_"))


def _is_virtual(sql: str) -> bool:
    return sqlite_text.tokens(sql)[1] == "virtual"


def _items(sql: str) -> dict[str, list[list[sqlite_text.Token]]]:
    """Return the items of a CREATE TABLE by the column they define, table constraints under the empty text."""
    items: dict[str, list[list[sqlite_text.Token]]] = defaultdict(list)
    for item in sqlite_text.table_items(sql):
        items[sqlite_text.column_of(item)].append(item)
    return items


def _table(sql: str) -> str:
    if _is_virtual(sql):
        return "VIRTUAL TABLE"
    return ", ".join(["TABLE", *sqlite_text.options(sql)])


def _columns(
    table: str, columns: list[Column], items: dict[str, list[list[sqlite_text.Token]]], keyed_by_index: bool
) -> Iterator[Fact]:
    key = [column.name for column in sorted(columns, key=lambda column: column.key) if column.key]
    # The one INTEGER column of a key without an index of its own is the row's id: it takes no NULL, declared or not.
    is_row_id = len(key) == 1 and not keyed_by_index
    if key:
        yield Fact("primary key", table, f"PRIMARY KEY ({', '.join(key)})", (table,), tuple(key))
    for column in columns:
        definition = re.sub(r" ?([(,)]) ?", r"\1", " ".join(column.type.upper().split())).replace(",", ", ")
        for item in items.get(column.name.lower(), ()):
            if collation := sqlite_text.collation(item):
                definition += f" COLLATE {collation}"
        asked = f"({column.name.lower()} is not null)"
        if column.required or (is_row_id and column.key):
            definition += " NOT NULL"
        elif any(asked == check for group in items.values() for item in group for check in sqlite_text.checks(item)):
            definition += " NOT NULL BY CHECK"
        if column.hidden:
            definition += " GENERATED"
        if column.default is not None and column.default.upper() != "NULL":
            definition += f" DEFAULT {sqlite_text.joined(sqlite_text.tokens(column.default))}"
        yield Fact("column", f"{table}.{column.name}", definition.strip(), (table,), (column.name,))


def _checks(table: str, columns: list[Column], items: dict[str, list[list[sqlite_text.Token]]]) -> Iterator[Fact]:
    """Yield the checks of a table; those on the same columns are one fact, since none has a name to tell them apart."""
    over: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for item in (item for group in items.values() for item in group):
        for check in sqlite_text.checks(item):
            over[_mentioned(check, columns)].append(f"CHECK {check}")
    for mentioned, found in over.items():
        yield Fact("check", f"{table}({', '.join(mentioned)})", "; ".join(sorted(found)), (table,), mentioned)


def _unique(table: str, over: list[tuple[str, str]], collated: dict[str, str]) -> Fact:
    """Return the fact of a UNIQUE; a collation counts where it is another than the column's own."""
    names = tuple(name for name, _ in over)
    others = (f" COLLATE {used}" for name, used in over if used != (collated.get(f"{table}.{name}") or "BINARY"))
    return Fact("unique", f"{table}({', '.join(names)})", f"UNIQUE{''.join(others)}", (table,), names)


def _statement(kind: str, name: str, table: str, sql: str, columns: list[Column]) -> Fact:
    """Return the fact of an index or a trigger that a statement created."""
    text = sqlite_text.definition(sql, kind)
    if kind == "index":
        unique = "UNIQUE " if sqlite_text.tokens(sql)[1] == "unique" else ""
        text = unique + text[text.index("(") :].replace(" asc,", ",").replace(" asc)", ")")
    return Fact(kind, f"{table}.{name}", text, (table,), _mentioned(text, columns))


def _mentioned(text: str, columns: Iterable[Column]) -> tuple[str, ...]:
    words = set(sqlite_text.tokens(text))
    return tuple(column.name for column in columns if column.name.lower() in words)


def _foreign_keys(connection: sa.Connection, columns: dict[str, list[Column]], known: set[str]) -> Iterator[Fact]:
    keys: dict[tuple[str, int], list[tuple[str, str, str | None, str]]] = defaultdict(list)
    for table, number, column, target, to, on_update, on_delete in connection.exec_driver_sql(FOREIGN_KEYS):
        actions = f" ON UPDATE {on_update}" * (on_update != "NO ACTION")
        actions += f" ON DELETE {on_delete}" * (on_delete != "NO ACTION")
        keys[table, number].append((column, target, to, actions))
    over: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for (table, _), parts in keys.items():
        if table not in known or parts[0][1] in project().unmanaged:
            continue
        target, actions = parts[0][1], parts[0][3]
        # A key that names no column refers to the primary key of the other table.
        primary = [column.name for column in sorted(columns[target], key=lambda column: column.key) if column.key]
        referred = [to for _, _, to, _ in parts if to is not None] or primary
        own = tuple(column for column, _, _, _ in parts)
        over[table, own].append(f"REFERENCES {target}({', '.join(referred)}){actions}")
    for (table, own), found in over.items():
        yield Fact("foreign key", f"{table}({', '.join(own)})", "; ".join(sorted(found)), (table,), own)
