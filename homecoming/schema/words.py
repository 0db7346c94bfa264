"""What an application's schema asks of a database that the operations have no words for: refused, and named."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from homecoming.errors import UsageError
from homecoming.schema.defaults import spelled_default

_SHOWN = 3
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_LONGEST = 63
_NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

_BROKEN = r"\$head\$|[^ -~]|  |[^ ]{100}"
_TEXT = re.compile(_BROKEN)
"""What the text of head does not carry (catalog/head_text.py): it is ASCII, in lines that break at single blanks."""
_DEFAULT = re.compile(rf"->|[!=]| \| | not null| default | references |{_BROKEN}")
"""What the list of a table's columns does not carry either (operations/describe.py): there these are signs."""
_NAME = re.compile(r"[^!-~]")


def refuse(what: str, reasons: Sequence[str], todo: str) -> None:
    """Refuse a schema for reasons, the first of which are told.

    Raises:
        UsageError: There is a reason.
    """
    if reasons:
        more = f"; {len(reasons) - _SHOWN} more" if len(reasons) > _SHOWN else ""
        raise UsageError(f"{what} {'; '.join(reasons[:_SHOWN])}{more}", todo)


def refuse_unspoken(metadata: sa.MetaData, dialect: str) -> None:
    """Refuse a schema that the operations would make otherwise than it says, before they do.

    Args:
        metadata: The tables that are looked after.
        dialect: Of the database, ``postgresql`` or ``sqlite``.

    Raises:
        UsageError: Which columns and tables, why, and what to do.
    """
    if dialect == "postgresql":
        tables = metadata.sorted_tables
        reasons = [*(reason for table in tables for reason in _of_table(table)), *_circles(metadata)]
    else:
        reasons = list(_of_sqlite(metadata))
    refuse(
        f"on {_NAMES[dialect]} the operations do not make",
        reasons,
        "Change the models, or name the tables in the project: unmanaged=(...). They are left alone then",
    )


def _of_table(table: sa.Table) -> Iterator[str]:
    key = table.columns["id"]
    if isinstance(key.type, sa.BigInteger | sa.SmallInteger):
        yield f"{table.name}.id, which is no plain Integer"
    if len(table.name) + len("_id_seq") > _LONGEST:
        yield f"{table.name}, whose sequence would have too long a name"
    if found := _NAME.search(table.name):
        yield f"{table.name}, whose name holds {found[0]!r}"
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        yield from _of_constraint(table, constraint)
    for column in table.columns:
        yield from (f"{table.name}.{column.name}, {reason}" for reason in _of_column(column))


def _of_column(column: sa.Column[object]) -> Iterator[str]:
    try:
        column.type.compile(_DIALECT)
    except sa.exc.CompileError:
        yield "whose type has no name there"
        return
    if isinstance(column.type, sa.DateTime) and not column.type.timezone:
        yield "a moment without a time zone (they know DateTime(timezone=True))"
    if column.computed is not None:
        yield "which is computed"
    elif column.identity is not None:
        yield "which is an IDENTITY"
    elif found := _DEFAULT.search(spelled_default(column) or ""):
        yield f"whose default holds {found[0]!r}"
    if found := _NAME.search(column.name):
        yield f"whose name holds {found[0]!r}"
    for label in column.type.enums if isinstance(column.type, sa.Enum) else ():
        if found := _TEXT.search(label):
            yield f"whose label {label!r} holds {found[0]!r}"


def _of_sqlite(metadata: sa.MetaData) -> Iterator[str]:
    # Only here: a script for PostgreSQL loads nothing of SQLite.
    from sqlalchemy.dialects import sqlite

    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        for column in table.columns:
            try:
                column.type.compile(dialect)
            except sa.exc.CompileError:
                yield f"{table.name}.{column.name}, whose type has no name there"
            if column.computed is not None:
                yield f"{table.name}.{column.name}, which is computed"


def _of_constraint(table: sa.Table, constraint: sa.Constraint) -> Iterator[str]:
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        own = f"{table.name}_pkey"
    elif isinstance(constraint, sa.UniqueConstraint):
        own = "_".join([table.name, *constraint.columns.keys(), "key"])
    elif isinstance(constraint, sa.ForeignKeyConstraint):
        own = "_".join([table.name, *constraint.column_keys, "fkey"])
        if [element.target_fullname.rpartition(".")[2] for element in constraint.elements] != ["id"]:
            yield f"{table.name} ({', '.join(constraint.column_keys)}), which refers to something else than an id"
    else:
        said = str(getattr(constraint, "sqltext", ""))
        if found := _TEXT.search(constraint.info.get("catalogue") or said):
            yield f"{table.name}.{constraint.name}, whose text holds {found[0]!r}"
        return
    if constraint.name != own:
        yield f"{table.name}.{constraint.name}, by another name than the server's own ({own})"
    elif len(own) > _LONGEST:
        yield f"{own}, too long a name"


def _circles(metadata: sa.MetaData) -> Iterator[str]:
    """What refers to each other: a table is made with its keys, so one of two has to come first."""
    *_, (_, keys) = sa.schema.sort_tables_and_constraints(metadata.tables.values())  # type: ignore[no-untyped-call]
    for key in sorted(keys, key=lambda key: (key.parent.name, *key.column_keys)):
        yield f"{key.parent.name} ({', '.join(key.column_keys)}), which refers in a circle"
