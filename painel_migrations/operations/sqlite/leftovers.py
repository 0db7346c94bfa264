"""The copies that scripts left: rows that are only there go back, keys are turned round, and they are retired."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from painel_migrations.operations.sqlite import cells
from painel_migrations.operations.sqlite.foreign_keys import repoint_foreign_keys
from painel_migrations.operations.sqlite.live import (
    count,
    foreign_keys_to,
    free_name,
    has_rows,
    log,
    read_table,
    read_tables,
    table_names,
)
from painel_migrations.operations.sqlite.rebuild import alter, change_rows
from painel_migrations.operations.sqlite.recovering import recover_rows
from painel_migrations.operations.sqlite.register import refuse_another_register
from painel_migrations.operations.sqlite.rename import rename_table
from painel_migrations.operations.sqlite.retire_table import retire_table
from painel_migrations.operations.sqlite.table import FOREIGN_KEY, Table
from painel_migrations.operations.sqlite.text import key, quote

_ENDINGS = r"_(old|new|temp|tmp|backup|bkp|copy|copia|antigo|antiga)(_.*)?"

# What tells a row that was edited from another row under its id.
_IDENTITY = ("id", "nome", "criado_em")


def retire_leftovers(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Leave no copy of a known table in the application's way.

    A table that is missing is the copy that holds rows; else rows whose ids are only in the copy go back. Foreign keys
    that refer to a copy, even to one that is gone, refer to the table again.

    Arguments: ``tables``, every known table, those that are referred to first.
    Errors: Refused where a key refers to a row that is nowhere, or something else has the register's name.
    """
    refuse_another_register(connection)
    _respell(connection, tables)
    known = set(map(key, tables))
    retiring = _retiring(connection, tables, known)
    for name in tables:
        for copy in _leftovers(connection, name, known):
            if read_table(connection, name) is None and has_rows(connection, copy):
                rename_table(connection, copy, name)
                continue
            if read_table(connection, name):
                recover_rows(connection, copy, name)
                _give_fresh_ids(connection, copy, name)
                repoint_foreign_keys(connection, copy, name, retiring)
            retire_table(connection, copy)
        for gone in _missing_leftovers(connection, name):
            repoint_foreign_keys(connection, gone, name, retiring)


def _respell(connection: sa.Connection, tables: Sequence[str]) -> None:
    """Give known tables their own spelling: to SQLite PRODUTOS is produtos, and it renames neither to the other."""
    for name in tables:
        live = read_table(connection, name)
        if live and live.name != name:
            scratch = free_name(connection, name)
            alter(connection, f"ALTER TABLE {quote(live.name)} RENAME TO {quote(scratch)}")
            alter(connection, f"ALTER TABLE {quote(scratch)} RENAME TO {quote(name)}")
            log.info("%s renamed to %s", live.name, name)


def _retiring(connection: sa.Connection, tables: Sequence[str], known: set[str]) -> dict[str, str]:
    """Return the copies that are to be retired, by their keys, with the tables they are copies of.

    Not among them is the copy that takes the place of a missing table.
    """
    found: dict[str, str] = {}
    for name in tables:
        copies = _leftovers(connection, name, known)
        if read_table(connection, name) is None:
            heir = next((copy for copy in copies if has_rows(connection, copy)), "")
            copies = [copy for copy in copies if copy != heir]
        found |= {key(copy): name for copy in copies}
    return found


def _give_fresh_ids(connection: sa.Connection, source: str, target: str) -> None:
    """Give rows of a copy that are referred to, and whose ids other rows have taken, ids of their own in the table.

    Rows of the same name or the same moment of creation are one row, edited since. The references follow, and what they
    were is kept. Where a row cannot go back nothing is done, and turning the key round is refused.
    """
    copy, live = read_table(connection, source), read_table(connection, target)
    children = [
        (child, column)
        for child, reference in foreign_keys_to(connection, source)
        if len(reference.columns) == 1 and (column := child.column(reference.columns[0]))
    ]
    if not (copy and live and children and copy.has(*_IDENTITY) and live.has(*_IDENTITY)):
        return
    old, new = quote(copy.name), quote(live.name)
    referred = " OR ".join(f"source.id IN (SELECT {quote(column.name)} FROM {quote(c.name)})" for c, column in children)
    connection.exec_driver_sql(
        "CREATE TEMP TABLE strangers AS SELECT source.id AS id, row_number() OVER (ORDER BY source.id) + max("
        f"(SELECT max(CAST(id AS INTEGER)) FROM {old}), (SELECT max(id) FROM {new})) AS new_id FROM {old} AS source "
        f"JOIN {new} AS target ON target.id = source.id WHERE source.nome <> target.nome "
        f"AND datetime(source.criado_em) IS NOT datetime(target.criado_em) AND ({referred})"
    )
    if count(connection, "SELECT EXISTS (SELECT 1 FROM temp.strangers)"):
        apart = free_name(connection, f"{copy.name}_apart")
        connection.exec_driver_sql(
            f"CREATE TABLE {quote(apart)} AS SELECT * FROM {old} WHERE id IN (SELECT id FROM temp.strangers)"
        )
        connection.exec_driver_sql(
            f"UPDATE {quote(apart)} SET id = (SELECT new_id FROM temp.strangers WHERE strangers.id = {quote(apart)}.id)"
        )
        recover_rows(connection, apart, live.name)
        connection.exec_driver_sql(f"DROP TABLE {quote(apart)}")
        if not count(connection, f"SELECT count(*) FROM temp.strangers WHERE new_id NOT IN (SELECT id FROM {new})"):
            for child, column in children:
                name, table = quote(column.name), quote(child.name)
                concerned = f"{name} IN (SELECT id FROM temp.strangers)"
                if cells.keep(connection, "cells", child, column, concerned):
                    fresh = f"(SELECT new_id FROM temp.strangers WHERE strangers.id = {table}.{name})"
                    change_rows(connection, child.name, f"UPDATE {table} SET {name} = {fresh} WHERE {concerned}")
    connection.exec_driver_sql("DROP TABLE temp.strangers")


def _leftovers(connection: sa.Connection, name: str, known: set[str]) -> list[str]:
    """Return the copies of a table: first those that are referred to, then the new ones, then the youngest."""
    live = read_table(connection, name)
    found = []
    for age, candidate in enumerate(table_names(connection)):
        if key(candidate) in known or not _is_named_after(candidate, name):
            continue
        copy = read_table(connection, candidate)
        if copy and _is_like(copy, live):
            referred = any(True for _ in foreign_keys_to(connection, copy.name))
            is_new = bool(re.search("_(new|temp|tmp)", key(copy.name)))
            found.append((not referred, not is_new, -age, copy.name))
    return [place[-1] for place in sorted(found)]


def _is_named_after(copy: str, name: str) -> bool:
    pattern = re.escape(key(name)) + _ENDINGS
    return key(copy) == f"_alembic_tmp_{key(name)}" or re.fullmatch(pattern, key(copy)) is not None


def _is_like(copy: Table, live: Table | None) -> bool:
    if live is None or not copy.has("id"):
        return copy.has("id")
    shared = sum(1 for column in live.columns if copy.has(column.name))
    return 2 * shared >= min(len(live.columns), len(copy.columns))


def _missing_leftovers(connection: sa.Connection, name: str) -> Iterator[str]:
    """Yield the tables that foreign keys refer to, that are named like copies of a table, and that do not exist."""
    targets = {constraint.target for table in read_tables(connection) for constraint in table.of_kind(FOREIGN_KEY)}
    yield from sorted(
        target for target in targets if _is_named_after(target, name) and read_table(connection, target) is None
    )
