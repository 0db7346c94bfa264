"""What the helpers of the console script say most, in two characters each: a console takes 150 kB.

The script spells its helpers out before it runs them, so what runs is what `make upgrade` runs. Which phrases these are
decides about the size alone; they were found by counting, the most profitable first.
"""

from __future__ import annotations

import string
from collections.abc import Iterable

SIGN = "#"

PHRASES = (
    "pg_temp.",
    "SELECT ",
    "CREATE FUNCTION ",
    "LANGUAGE plpgsql AS ",
    "format(",
    "WHERE ",
    "PERFORM ",
    "FROM pg_",
    "LANGUAGE sql STABLE AS ",
    " text,",
    " varchar(",
    " integer",
    "ado_em timestamptz",
    "RETURNS ",
    ";END IF;",
    "::regclass",
    " public.%",
    "constraint",
    " NOT NULL",
    "CASE WHEN ",
    "target",
    " THEN ",
    "namespace",
    "::text",
    "CREATE PROCEDURE",
    "EXECUTE ",
    "END $$;",
    "timestamp",
    " numeric(10,2)",
    "AND NOT ",
    "JOIN pg_",
    "ALTER TABLE",
    "string_agg(",
    "source",
    " text)",
    "retired",
    "m_type",
    "relid=",
    "coalesce(",
    "tbl,co",
    "wanted",
    " FROM ",
    " CONSTRAINT %I",
    " | -> usuarios",
    "ORDER BY ",
    "relname",
    "s text",
    " id serial",
    "evento",
    "quote_ident(",
    " IS NULL",
    "column",
    "to_type",
    "public",
    "LANGUAGE sql ",
    "DECLARE",
    "definition",
    "EXISTS",
    "boolean",
    "UNION ALL",
    " WHEN ",
    "labels",
    " AND ",
    "class",
    "name",
    "(tbl",
    "type",
    "THEN",
    "text",
    "tion",
    "index",
    ".oid",
    " AS ",
    "place",
    "FROM",
    "BEGIN",
    "value",
    "trigger",
    "table",
    "kind",
)

# No quote, and nothing that a console or the escaped style would read otherwise.
CODES = dict(zip(f"{string.ascii_letters}{string.digits}!&*+-./:<=>?@^_|~,", PHRASES, strict=False))
"""Each phrase by the character that stands for it, after the sign."""


def shortened(helpers: Iterable[str]) -> str:
    """Return the helpers as one text, in shorthand.

    Raises:
        ValueError: one holds the sign of shorthand.
    """
    text = "".join(f"{helper};\n" for helper in helpers)
    if SIGN in text or "$short$" in text:
        raise ValueError("a helper holds a sign that shorthand needs")
    for code, phrase in CODES.items():
        text = text.replace(phrase, SIGN + code)
    return text


def spelled_out(text: str) -> str:
    """Return a text in shorthand as it was: what the script does before it runs it."""
    for code, phrase in CODES.items():
        text = text.replace(SIGN + code, phrase)
    return text
