"""The copies that scripts left: rows that are only there go back, keys are turned round, and they are retired."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from homecoming.operations.copies import is_like, is_named_after
from homecoming.operations.sqlite.following import follow_rows
from homecoming.operations.sqlite.foreign_keys import repoint_foreign_keys
from homecoming.operations.sqlite.live import (
    all_tables,
    foreign_keys_to,
    free_name,
    has_rows,
    log,
    read_table,
    table_names,
)
from homecoming.operations.sqlite.rebuild import alter
from homecoming.operations.sqlite.recovering import recover_rows
from homecoming.operations.sqlite.register import enter_for_undo, refuse_another_register
from homecoming.operations.sqlite.rename import rename_table
from homecoming.operations.sqlite.retire_table import retire_table
from homecoming.operations.sqlite.table import FOREIGN_KEY, Table
from homecoming.operations.sqlite.text import key, quote

# The columns that say when a row was made or changed.
_MOMENTS = ("criado_em", "created_at", "atualizado_em", "updated_at")


def retire_copies(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Leave no copy of a known table in the application's way.

    A table that is missing is the first copy that holds rows. Then, a table at a time, rows whose ids are only in
    copies go back from all of them, and foreign keys that refer to a copy, even to one that is gone, refer to the table
    again.

    Arguments: ``tables``, every known table, those that are referred to first.
    Errors: Refused where a key refers to a row that is nowhere, or something else has the register's name.
    """
    refuse_another_register(connection)
    _respell(connection, tables)
    known = set(map(key, tables))
    copy_of: dict[str, str] = {}
    for name in tables:
        copies = _copies(connection, name, known)
        heir = next((copy for copy in copies if has_rows(connection, copy)), None)
        if heir and read_table(connection, name) is None:
            rename_table(connection, heir, name)
            copies.remove(heir)
        copy_of |= {key(copy): name for copy in copies}
    for name in tables:
        copies = _copies(connection, name, known)
        if read_table(connection, name):
            for copy in copies:
                recover_rows(connection, copy, name)
            for copy in copies:
                follow_rows(connection, copy, name, copy_of)
                repoint_foreign_keys(connection, copy, name, copy_of)
        for copy in copies:
            retire_table(connection, copy)
        for gone in _missing_copies(connection, name):
            repoint_foreign_keys(connection, gone, name, copy_of)


def _respell(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Give known tables their own spelling: to SQLite PRODUTOS is produtos, and it renames neither to the other."""
    for name in tables:
        live = read_table(connection, name)
        if live and live.name != name:
            scratch = free_name(connection, name)
            alter(connection, f"ALTER TABLE {quote(live.name)} RENAME TO {quote(scratch)}")
            alter(connection, f"ALTER TABLE {quote(scratch)} RENAME TO {quote(name)}")
            enter_for_undo(connection, "undo renamed table", live.name, definition=name)
            log.info("%s renamed to %s", live.name, name)


def _copies(connection: sa.Connection, name: str, known: set[str]) -> list[str]:
    """Return the copies of a table, the one first whose rows come back where two hold a row.

    That is the one with the latest moment, with the most columns of the table, that something refers to, that a rebuild
    was to end in, the youngest.
    """
    live = read_table(connection, name)
    found = []
    for age, candidate in enumerate(table_names(connection)):
        if key(candidate) in known or not is_named_after(key(candidate), key(name)):
            continue
        copy = read_table(connection, candidate)
        if copy and copy.has("id") and (live is None or is_like(_keys(copy), _keys(live))):
            shared = sum(1 for column in copy.columns if live is None or live.has(column.name))
            referred = any(True for _ in foreign_keys_to(connection, copy.name))
            is_new = bool(re.search("_(new|temp|tmp)", key(copy.name)))
            found.append((_newest(connection, copy), shared, referred, is_new, age, copy.name))
    return [place[-1] for place in sorted(found, reverse=True)]


def _keys(table: Table) -> set[str]:
    return {key(column.name) for column in table.columns}


def _newest(connection: sa.Connection, copy: Table) -> str:
    """Return the latest moment that a row of a copy tells, to the second; empty where none does."""
    moments = (f"SELECT datetime({quote(name)}) AS moment FROM {quote(copy.name)}" for name in _MOMENTS)
    tells = [statement for name, statement in zip(_MOMENTS, moments, strict=True) if copy.has(name)]
    if not tells:
        return ""
    return str(
        connection.exec_driver_sql(f"SELECT coalesce(max(moment), '') FROM ({' UNION ALL '.join(tells)})").scalar()
    )


def _missing_copies(connection: sa.Connection, name: str) -> Iterator[str]:
    """Yield the tables that foreign keys refer to, that are named like copies of a table, and that do not exist."""
    targets = {constraint.target for table in all_tables(connection) for constraint in table.of_kind(FOREIGN_KEY)}
    yield from sorted(
        target
        for target in targets
        if is_named_after(key(target), key(name)) and read_table(connection, target) is None
    )
