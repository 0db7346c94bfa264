"""What rows may not hold: each check counts, and refuses with what, where, how many, and the next command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from painel_migrations.errors import Refused
from painel_migrations.operations.sqlite.live import count, count_where, counted, read_table
from painel_migrations.operations.sqlite.table import Constraint, Table
from painel_migrations.operations.sqlite.text import BLANKS, key, listed, literal, meaning, quote

# What a declared type takes, by the storage classes of SQLite. Text in a column of numbers would be stored as it is,
# and the ORM could not load the row; moments and dates are text by nature.
_STORED_AS = {"integer": ("integer",), "boolean": ("integer",), "numeric": ("integer", "real")}


def refuse_nulls(connection: sa.Connection, table: str, column: str, value: str | None = None) -> None:
    """Refuse where a column that needs a value has none. Arguments: ``value``, SQL, if it is not the column's yet."""
    say_nulls(table, column, count_where(connection, table, f"({value or quote(column)}) IS NULL"))


def say_nulls(table: str, column: str, rows: int) -> None:
    """Refuse where this many rows, if any, have no value."""
    if rows:
        raise Refused(
            f"{table}.{column}: {counted(rows, 'row holds', 'rows hold')} NULL where the schema needs a value",
            f"Give them a value, then run again. See them: SELECT id FROM {quote(table)} WHERE {quote(column)} IS NULL",
        )


def refuse_unknown_labels(
    connection: sa.Connection, table: str, column: str, enum: str, labels: Iterable[str], value: str | None = None
) -> None:
    """Refuse where a column holds what is no label of an enum, in any case and between any blanks."""
    known = ", ".join(literal(key(label)) for label in labels)
    value = value or quote(column)
    rows = count_where(connection, table, f"{value} IS NOT NULL AND lower(trim({value}, {BLANKS})) NOT IN ({known})")
    if rows:
        name, source = quote(column), quote(table)
        raise Refused(
            f"{table}.{column}: {counted(rows, 'row holds', 'rows hold')} a value that is no label of {enum}",
            f"Correct them, then run again. See them: SELECT {name}, count(*) FROM {source} GROUP BY {name}",
        )


def refuse_misfits(connection: sa.Connection, table: str, column: str, type_: str, value: str | None = None) -> None:
    """Refuse where values do not fit the declared type that a column is to have."""
    rows = _misfits(connection, table, type_, value or quote(column))
    if rows:
        raise Refused(
            f"{table}.{column}: {counted(rows, 'value does', 'values do')} not fit {type_.replace(', ', ',')}",
            f"Shorten or correct them, then run again. See them: SELECT id, {quote(column)} FROM {quote(table)}",
        )


def _misfits(connection: sa.Connection, table: str, type_: str, value: str) -> int:
    words = meaning(type_).split()
    if words[0] == "varchar" and len(words) > 1:
        return count_where(connection, table, f"length({value}) > {int(words[2])}")
    if words[0] not in _STORED_AS:
        return 0
    # Only a column of that type can tell what SQLite would make of a value.
    allowed = ", ".join(map(literal, _STORED_AS[words[0]]))
    connection.exec_driver_sql(f"CREATE TEMP TABLE probed (value {type_})")
    connection.exec_driver_sql(
        f"INSERT INTO temp.probed SELECT {value} FROM {quote(table)} "
        f"WHERE {value} IS NOT NULL AND typeof({value}) NOT IN ({allowed})"
    )
    rows = count(connection, f"SELECT count(*) FROM temp.probed WHERE typeof(value) NOT IN ({allowed})")
    connection.exec_driver_sql("DROP TABLE temp.probed")
    return rows


def count_duplicates(connection: sa.Connection, table: str, columns: Sequence[str]) -> int:
    """Return how many values occur more than once; NULL never does."""
    names = listed(columns)
    present = " AND ".join(f"{quote(name)} IS NOT NULL" for name in columns)
    return count(
        connection,
        f"SELECT count(*) FROM (SELECT 1 FROM {quote(table)} WHERE {present} GROUP BY {names} HAVING count(*) > 1)",
    )


def refuse_duplicates(connection: sa.Connection, table: str, columns: Sequence[str]) -> None:
    """Refuse where values that must be unique occur more than once."""
    say_duplicates(table, columns, count_duplicates(connection, table, columns))


def say_duplicates(table: str, columns: Sequence[str], values: int, other: str = "") -> None:
    """Refuse where this many values, if any, occur more than once: in a table, or in it and an ``other`` together."""
    if values:
        names, source = listed(columns), quote(table)
        see = f"SELECT {names}, count(*) FROM {source} GROUP BY {names} HAVING count(*) > 1"
        if other:
            see = f"SELECT {names} FROM {quote(other)} INTERSECT SELECT {names} FROM {source}"
        occur = counted(values, "value occurs", "values occur")
        raise Refused(
            f"{table}.{names}: {occur} more than once where they must be unique",
            f"Make them unique, then run again. See them: {see}",
        )


def count_orphans(connection: sa.Connection, table: str, reference: Constraint, target_columns: Sequence[str]) -> int:
    """Return how many rows refer to nothing. Arguments: ``target_columns``, none where the target does not exist."""
    child = quote(table)
    condition = " AND ".join(f"{child}.{quote(name)} IS NOT NULL" for name in reference.columns)
    if target_columns:
        pairs = zip(reference.columns, target_columns, strict=True)
        same = " AND ".join(f"target.{quote(there)} = {child}.{quote(here)}" for here, there in pairs)
        condition += f" AND NOT EXISTS (SELECT 1 FROM {quote(reference.target)} AS target WHERE {same})"
    return count_where(connection, table, condition)


def refuse_orphans(connection: sa.Connection, table: str, reference: Constraint, target_columns: Sequence[str]) -> None:
    """Refuse where rows refer to rows that do not exist."""
    rows = count_orphans(connection, table, reference, target_columns)
    if rows:
        names = listed(reference.columns)
        compared = names if len(reference.columns) == 1 else f"({names})"
        there = listed(target_columns or reference.target_columns or ("id",))
        live = read_table(connection, table)
        shown = listed(["id", *reference.columns] if live and live.has("id") else reference.columns)
        refer = counted(rows, "row refers", "rows refer")
        raise Refused(
            f"{table}.{names}: {refer} to rows of {reference.target} that do not exist",
            f"Restore or correct them, then run again. See them: SELECT {shown} FROM {quote(table)} "
            f"WHERE {compared} NOT IN (SELECT {there} FROM {quote(reference.target)})",
        )


def refuse_strangers(
    connection: sa.Connection, child: str, column: str, source: Table, target: Table, condition: str = "1"
) -> None:
    """Refuse to turn a reference to a row of another name and moment of creation: the id alone is not the row.

    Arguments: ``condition``, which rows of the table AS child, if not all.
    """
    if not (source.has("id", "nome", "criado_em") and target.has("id", "nome", "criado_em")):
        return
    old, new, here, name = quote(source.name), quote(target.name), quote(child), quote(column)
    rows = count(
        connection,
        f"SELECT count(*) FROM {here} AS child JOIN {old} AS source ON source.id = child.{name} "
        f"JOIN {new} AS target ON target.id = source.id "
        "WHERE source.nome <> target.nome AND datetime(source.criado_em) IS NOT datetime(target.criado_em) "
        f"AND {condition}",
    )
    if rows:
        raise Refused(
            f"{child}.{column}: {counted(rows, 'row refers', 'rows refer')} to rows of {source.name} "
            f"whose ids other rows of {target.name} have taken",
            f"Give those rows of {target.name} ids of their own, then run again. "
            f"See them: SELECT id FROM {old} WHERE id IN (SELECT {name} FROM {here})",
        )
