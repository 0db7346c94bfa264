"""Server defaults as PostgreSQL's catalogue spells them, so that one that is there is known again."""

import re

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
_DDL = _DIALECT.ddl_compiler(_DIALECT, None)  # type: ignore[arg-type]
_LITERAL = re.compile(r"'(?:[^']|'')*'")


def spelled_default(column: sa.Column[object], schema: str = "") -> str | None:
    """Return a column's default, None where it has none.

    A text says its type there: ``'ATIVO'::statusevento``; numbers and truth values do not.

    Args:
        column: The column.
        schema: What stands before the name of an enum type, ``public.`` or nothing.
    """
    said = _DDL.get_column_default_string(column)
    if said is None or not _LITERAL.fullmatch(said):
        return said.lower() if said and said.lower() in {"true", "false"} else said
    kind = column.type
    if isinstance(kind, sa.Enum) and kind.native_enum and kind.name:
        return f"{said}::{schema}{_DIALECT.identifier_preparer.quote(kind.name)}"
    if isinstance(kind, sa.Boolean):
        return str(said[1:-1].lower() in {"true", "t", "1", "yes", "on", "y"}).lower()
    if isinstance(kind, sa.Integer) and re.fullmatch(r"\d+", said[1:-1]):
        return said[1:-1]
    # Float first: to SQLAlchemy it is a Numeric.
    if isinstance(kind, sa.Float):
        return f"{said}::double precision"
    for of, name in ((sa.Text, "text"), (sa.String, "character varying"), (sa.Numeric, "numeric"), (sa.Date, "date")):
        if isinstance(kind, of):
            return f"{said}::{name}"
    return said
