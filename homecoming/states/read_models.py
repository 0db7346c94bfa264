"""Run by itself, in a process of its own: what the models of one commit make, as JSON into a file.

It knows SQLAlchemy alone, since the Python that runs it may be the application's:

    python read_models.py MODULE [BASE] OUTPUT
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_DDL = _DIALECT.ddl_compiler(_DIALECT, None)  # type: ignore[arg-type]


def facts(metadata: sa.MetaData) -> dict[str, Any]:
    """Return tables and enums as PostgreSQL would have them after ``create_all()``."""
    kinds = [column.type for table in metadata.tables.values() for column in table.columns]
    enums = {str(kind.name): list(kind.enums) for kind in kinds if isinstance(kind, sa.Enum) and _is_native(kind)}
    tables = {table.name: _table(table) for table in metadata.tables.values() if table.schema is None}
    return {"enums": dict(sorted(enums.items())), "tables": dict(sorted(tables.items()))}


def _table(table: sa.Table) -> dict[str, Any]:
    unique: dict[str, list[str]] = {}
    references: dict[str, str] = {}
    for constraint in table.constraints:
        names = [column.name for column in constraint.columns] if hasattr(constraint, "columns") else []
        if isinstance(constraint, sa.UniqueConstraint):
            unique[_name(constraint, "_".join([table.name, *names, "key"]))] = names
        elif isinstance(constraint, sa.ForeignKeyConstraint) and len(names) == 1:
            other, _, column = constraint.elements[0].target_fullname.rpartition(".")
            references[_name(constraint, f"{table.name}_{names[0]}_fkey")] = f"{names[0]} -> {other}({column})"
    indexes = {
        str(index.name): ("UNIQUE " if index.unique else "") + ", ".join(column.name for column in index.columns)
        for index in table.indexes
        if len(index.columns) == len(index.expressions)
    }
    return {
        "columns": {column.name: _column(table, column) for column in table.columns},
        "primary_key": [column.name for column in table.primary_key.columns],
        "foreign_keys": dict(sorted(references.items())),
        "unique": dict(sorted(unique.items())),
        "indexes": dict(sorted(indexes.items())),
    }


def _name(constraint: sa.Constraint, own: str) -> str:
    return str(constraint.name) if isinstance(constraint.name, str) else own


def _column(table: sa.Table, column: sa.Column[Any]) -> str:
    default = _DDL.get_column_default_string(column)
    return " ".join(
        [_type(table, column), *([] if column.nullable else ["NOT NULL"]), *([f"DEFAULT {default}"] if default else [])]
    )


def _type(table: sa.Table, column: sa.Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, sa.Enum) and _is_native(kind):
        return f"ENUM {kind.name}"
    if column is table.autoincrement_column and isinstance(kind, sa.Integer):
        return "SERIAL"
    if isinstance(kind, sa.DateTime) and kind.timezone:
        return "TIMESTAMPTZ"
    return kind.compile(_DIALECT)


def _is_native(kind: sa.Enum) -> bool:
    return bool(kind.native_enum and kind.name)


def _metadata(module: str, base: str) -> sa.MetaData:
    holder = importlib.import_module(module)
    found = getattr(holder, base)
    metadata = found if isinstance(found, sa.MetaData) else found.metadata
    assert isinstance(metadata, sa.MetaData)
    return metadata


if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(facts(_metadata(sys.argv[1], sys.argv[2]))), "utf-8")
