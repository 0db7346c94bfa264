"""What an application's schema asks of a database that the operations have no words for: refused, and named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from homecoming.errors import UsageError
from homecoming.language import Message, joined, tr
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


def refuse(what: Callable[[Message], Message], reasons: Sequence[Message], todo: str) -> None:
    """Refuse a schema for reasons, the first of which are told.

    Args:
        what: Makes of the reasons what is said.
        reasons: In the order in which they are told.
        todo: The next step.

    Raises:
        UsageError: There is a reason.
    """
    if reasons:
        told = joined("; ", reasons[:_SHOWN])
        if len(reasons) > _SHOWN:
            told = tr("{reasons}; {count} more", reasons=told, count=len(reasons) - _SHOWN)
        raise UsageError(what(told), todo)


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
        lambda told: tr("on {dialect} the operations do not make {reasons}", dialect=_NAMES[dialect], reasons=told),
        reasons,
        tr("Change the models, or name the tables in the project: unmanaged=(...). They are left alone then"),
    )


def _of_table(table: sa.Table) -> Iterator[Message]:
    key = table.columns["id"]
    if isinstance(key.type, sa.BigInteger | sa.SmallInteger):
        yield tr("{table}.id, which is no plain Integer", table=table.name)
    if len(table.name) + len("_id_seq") > _LONGEST:
        yield tr("{table}, whose sequence would have too long a name", table=table.name)
    if found := _NAME.search(table.name):
        yield tr("{name}, whose name holds {sign}", name=table.name, sign=repr(found[0]))
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        yield from _of_constraint(table, constraint)
    for column in table.columns:
        yield from _of_column(f"{table.name}.{column.name}", column)


def _of_column(name: str, column: sa.Column[object]) -> Iterator[Message]:
    try:
        column.type.compile(_DIALECT)
    except sa.exc.CompileError:
        yield tr("{name}, whose type has no name there", name=name)
        return
    if isinstance(column.type, sa.DateTime) and not column.type.timezone:
        yield tr("{name}, a moment without a time zone (they know DateTime(timezone=True))", name=name)
    if column.computed is not None:
        yield tr("{name}, which is computed", name=name)
    elif column.identity is not None:
        yield tr("{name}, which is an IDENTITY", name=name)
    elif found := _DEFAULT.search(spelled_default(column) or ""):
        yield tr("{name}, whose default holds {sign}", name=name, sign=repr(found[0]))
    if found := _NAME.search(column.name):
        yield tr("{name}, whose name holds {sign}", name=name, sign=repr(found[0]))
    for label in column.type.enums if isinstance(column.type, sa.Enum) else ():
        if found := _TEXT.search(label):
            yield tr("{name}, whose label {label} holds {sign}", name=name, label=repr(label), sign=repr(found[0]))


def _of_sqlite(metadata: sa.MetaData) -> Iterator[Message]:
    # Only here: a script for PostgreSQL loads nothing of SQLite.
    from sqlalchemy.dialects import sqlite

    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        for column in table.columns:
            try:
                column.type.compile(dialect)
            except sa.exc.CompileError:
                yield tr("{name}, whose type has no name there", name=f"{table.name}.{column.name}")
            if column.computed is not None:
                yield tr("{name}, which is computed", name=f"{table.name}.{column.name}")


def _of_constraint(table: sa.Table, constraint: sa.Constraint) -> Iterator[Message]:
    if isinstance(constraint, sa.PrimaryKeyConstraint):
        own = f"{table.name}_pkey"
    elif isinstance(constraint, sa.UniqueConstraint):
        own = "_".join([table.name, *constraint.columns.keys(), "key"])
    elif isinstance(constraint, sa.ForeignKeyConstraint):
        own = "_".join([table.name, *constraint.column_keys, "fkey"])
        if [element.target_fullname.rpartition(".")[2] for element in constraint.elements] != ["id"]:
            named = f"{table.name} ({', '.join(constraint.column_keys)})"
            yield tr("{name}, which refers to something else than an id", name=named)
    else:
        said = str(getattr(constraint, "sqltext", ""))
        if found := _TEXT.search(constraint.info.get("catalogue") or said):
            name = f"{table.name}.{constraint.name}"
            yield tr("{name}, whose text holds {sign}", name=name, sign=repr(found[0]))
        return
    if constraint.name != own:
        name = f"{table.name}.{constraint.name}"
        yield tr("{name}, by another name than the server's own ({own})", name=name, own=own)
    elif len(own) > _LONGEST:
        yield tr("{name}, too long a name", name=own)


def _circles(metadata: sa.MetaData) -> Iterator[Message]:
    """What refers to each other: a table is made with its keys, so one of two has to come first."""
    *_, (_, keys) = sa.schema.sort_tables_and_constraints(metadata.tables.values())  # type: ignore[no-untyped-call]
    for key in sorted(keys, key=lambda key: (key.parent.name, *key.column_keys)):
        name = f"{key.parent.name} ({', '.join(key.column_keys)})"
        yield tr("{name}, which refers in a circle", name=name)
