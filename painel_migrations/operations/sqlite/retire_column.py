"""Columns that the schema no longer has: kept by row, dropped, and brought back."""

from __future__ import annotations

import dataclasses
from typing import Any

import sqlalchemy as sa

from painel_migrations.operations.sqlite import cells
from painel_migrations.operations.sqlite.conform import Source, conform
from painel_migrations.operations.sqlite.generated import restore_computed, retire_computed
from painel_migrations.operations.sqlite.live import count_where, indexes, log, read_table
from painel_migrations.operations.sqlite.parts import (
    keeping_views_sound,
    restore_parts,
    restore_views,
    take_index,
    take_triggers_on,
    taking,
)
from painel_migrations.operations.sqlite.rebuild import rebuild
from painel_migrations.operations.sqlite.register import noted
from painel_migrations.operations.sqlite.table import CHECK, Table
from painel_migrations.operations.sqlite.text import index_body, key, meaning, mentions, quote
from painel_migrations.operations.sqlite.wanted import Wanted, wanted


def retire_column(connection: sa.Connection, table: str, column: str) -> None:
    """Keep a column's cells by row in ``retired_<table>__<column>``, then drop the column with all that is about it.

    A column that holds no value is dropped without a trace. Its own foreign key, UNIQUE and index of SQLAlchemy's name
    come back with its definition; everything else that is about it goes to the register, and what is computed from it
    is retired before it.
    """
    live = read_table(connection, table)
    found = live.column(column) if live else None
    if live is None or found is None:
        return
    if count_where(connection, live.name, f"{quote(found.name)} IS NOT NULL"):
        cells.keep(connection, "column", live, found)
    with keeping_views_sound(connection):
        live = retire_computed(connection, live, found.name)
        take_triggers_on(connection, live.name, found.name)
        for index in indexes(connection, live.name):
            own = key(index.name) == key(f"ix_{live.name}_{found.name}")
            if mentions(index_body(index.statement), found.name) and not own:
                take_index(connection, index)
        target = taking(
            connection,
            live,
            lambda constraint: (
                constraint.is_about(found.name) and (constraint.kind == CHECK or len(constraint.columns) > 1)
            ),
        )
        # Not by DROP COLUMN: it rewrites every row as well, fails beside any broken view, and could corrupt the file
        # before 3.35.5.
        rebuild(connection, live, target.without(found.name))


def restore_column(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    """Bring a column back as it was, with the cells that were kept.

    It is NOT NULL, unique, and a foreign key, each only where the rows allow it: those written since have no value.
    """
    live = read_table(connection, table)
    if live is None:
        return
    conform(connection, live, _loosened(connection, live, wanted(live.name, [column])), as_kept=True)
    restore_computed(connection, table)
    restore_parts(connection, table, column.name)
    restore_views(connection)


def restore_column_if_kept(connection: sa.Connection, table: str, column: sa.Column[Any]) -> None:
    """Bring a column back, but only where something of it was kept."""
    if noted(connection, "column", f"{table}.{column.name}"):
        restore_column(connection, table, column)


def _loosened(connection: sa.Connection, live: Table, said: Wanted) -> Wanted:
    """Return what was said, without what the rows would break, and of the type that the kept cells had."""
    (column,) = said.columns
    source = Source.of(connection, live, column)
    if source.kept and (kept := source.kept[0][1].column(column.name)) and meaning(kept.type) != meaning(column.type):
        # Another type might make something else of them.
        column = dataclasses.replace(column, type=kept.type)
        said = dataclasses.replace(said, columns=(column,))
    rows = f"(SELECT id, {source.expression} AS {quote(column.name)} FROM {quote(live.name)})"
    value = quote(column.name)

    def none(statement: str) -> bool:
        return not connection.exec_driver_sql(f"SELECT EXISTS ({statement})").scalar()

    if column.not_null and not none(f"SELECT 1 FROM {rows} WHERE {value} IS NULL"):
        log.warning("%s.%s stays nullable: rows hold NULL", live.name, column.name)
        said = dataclasses.replace(said, columns=(dataclasses.replace(column, not_null=""),))
    if not none(f"SELECT 1 FROM {rows} WHERE {value} IS NOT NULL GROUP BY {value} HAVING count(*) > 1"):
        said = dataclasses.replace(said, uniques=(), indexes=tuple(i for i in said.indexes if not i.unique))
    references = []
    for reference in said.foreign_keys:
        target = read_table(connection, reference.target)
        if target and none(
            f"SELECT 1 FROM {rows} WHERE {value} IS NOT NULL AND {value} NOT IN "
            f"(SELECT {quote(reference.target_columns[0])} FROM {quote(target.name)})"
        ):
            references.append(reference)
        else:
            log.warning("%s.%s comes back without its foreign key: rows refer to nothing", live.name, column.name)
    return dataclasses.replace(said, foreign_keys=tuple(references))
