"""Types and assignments of SQL as a revision spells them in Python."""

from __future__ import annotations

import re

from homecoming.authoring.judging.statements import Masked, bare, top_level
from homecoming.authoring.spelling import JSON_SPELLED

_TYPES = (
    (r"(?:character varying|varchar) ?\((\d+)\)", r"sa.String(\1)"),
    (r"(?:character|char) ?\((\d+)\)", r"sa.String(\1)"),
    (r"(?:numeric|decimal) ?\((\d+), ?(\d+)\)", r"sa.Numeric(\1, \2)"),
    (r"numeric|decimal", "sa.Numeric"),
    (r"int|integer|int4|serial", "sa.Integer"),
    (r"bigint|int8|bigserial", "sa.BigInteger"),
    (r"smallint|int2|smallserial", "sa.SmallInteger"),
    (r"bool|boolean", "sa.Boolean"),
    (r"date", "sa.Date"),
    (r"timestamp.*", "sa.DateTime"),
    (r"double precision|real|float.*", "sa.Float"),
    (r"jsonb?", JSON_SPELLED),
    (r"uuid", "sa.Uuid"),
    (r"bytea", "sa.LargeBinary"),
)


def python_type(sql: str) -> str:
    """Return a type as a revision spells it; one that no column of the application has is Text."""
    for pattern, spelled in _TYPES:
        if found := re.fullmatch(pattern, sql, re.IGNORECASE):
            return found.expand(spelled)
    return "sa.Text"


def assignments(sets: str) -> str:
    """Return what follows SET as ``op.change_rows`` takes it: each column with its expression."""
    masked = Masked(sets)
    pairs = [part.partition("=") for part in top_level(masked.statements[0])] if masked.statements else []
    return (
        "{"
        + ", ".join(f"{bare(column.strip())!r}: {masked.shown(value.strip())!r}" for column, _, value in pairs)
        + "}"
    )
