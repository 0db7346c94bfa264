"""What the helpers of the console script say most, in two characters each: a console takes 150 kB.

The script spells its helpers out before it runs them, so what runs is what `make upgrade` runs. Which phrases these are
decides about the size alone; they were found by counting, the most profitable first, each written with those before it.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from functools import cache

SIGNS = "#`"

PHRASES = (
    "pg_temp.",
    "SELECT ",
    "CREATE FUNCTION pg_temp.",
    " text",
    "LANGUAGE plpgsql AS ",
    "format(",
    "PERFORM pg_temp.",
    "WHERE ",
    "FROM ",
    "::regclass",
    " AND ",
    "LANGUAGE sql STABLE ",
    "name",
    "type",
    " varchar(",
    "RETURN",
    "ado_em timestamptz",
    " integer",
    " THEN",
    "constraint",
    ";END ",
    "public",
    "class",
    " NOT NULL",
    "FROM pg_",
    "(tbl",
    "CREATE PROCEDURE pg_temp.",
    "CASE WHEN ",
    "relid",
    "target",
    "::text",
    "EXECUTE format(",
    "JOIN pg_",
    "col",
    "tion",
    "con",
    "timestamp",
    "namespace",
    "string_agg(",
    "NOT EXISTS",
    "ALTER TABLE ",
    " numeric(10,2)",
    "_id integer! | -> ",
    "retired",
    "coalesce(",
    "source",
    "oid",
    "label",
    "index",
    " AS ",
    "wanted",
    "UNION ALL",
    "WHEN ",
    " CONSTRAINT %I",
    "ORDER BY ",
    "usuario",
    " criado_em timestamptz=now()",
    "ent",
    "place",
    " IS NULL",
    " id serial",
    "rel",
    " boolean",
    "DECLARE",
    "_id integer | -> ",
    "BEGIN",
    "AND ",
    "trigger",
    " bigint",
    "quote_ident(",
    "definition",
    "value",
    "=pg_temp.oid_of(tbl)",
    "LANGUAGE sql",
    ";END IF;",
    "public.%I",
    "pg_get_",
    "object",
    "migration_history",
    "att",
    " ON ",
    "thing",
    "table",
    "RETURNS void ",
    "kind",
    "from_type",
    "FROM unnest(",
    "column",
    "evento",
    ")THEN",
    "PERFORM pg_temp.alter(tbl,",
    "enum_type",
    "current_setting(",
    "ELSE ",
    "regexp_replace(",
    "NOT ",
    "live",
    ")WITH ORDINALITY AS ",
    "unique",
    " status",
    "ALTER ",
    " END",
    "objid",
    "count(*)",
    " DEFAULT",
    " JOIN pg_class c ON c.oid=",
    "array_to_string(",
    "RETURNS text LANGUAGE sql STABLE AS ",
    "pg_temp.has_",
    "to_type",
    "revision",
    "NULL",
    "INTO ",
    "attribute",
    "expression",
    "retired.register",
    "IF ",
    ",tbl",
    "DISTINCT ",
    "num",
    "ARRAY",
    "CREATE ",
    "TABLE",
    "rows",
    "concat(",
    "child",
    " record;",
    "refuse",
    "depend",
    " %s",
    ")AS ",
    "s text[]",
    "CALL pg_temp.",
    "made_by",
    "ensure_",
    " | index idx_",
    "namespace=to_regnamespace(",
    " OR ",
    "LOOP",
    "fault",
    "::reg",
    "pg_temp.converted(",
    " IN(",
    " IS NOT NULL",
    "_of(",
    "VARIADIC ",
    ", then run again",
    " tipo",
    "fingerprint",
    "kept",
    " GENERATED ALWAYS AS ",
    "pg_",
    "_of(tbl,col)",
    "CASE ",
    " text,",
    "(SELECT ",
    " WHERE ",
    ".oid",
    "COLUMN %I",
    "attnum>0 AND NOT attisdropped",
    "FROM pg_temp.",
    "EXISTS",
    "INSERT INTO ",
    "LATERAL",
    "DROP",
    "refobjsubid",
    "attgenerated",
    "CREATE TEMP TABLE IF NOT EXISTS ",
    "RENAME",
    "is_now",
    "(tbl,",
    ")END",
    "restore_",
)

# No quote, and nothing that a console or the escaped style would read otherwise.
_CHARACTERS = f"{string.ascii_letters}{string.digits}!&*+-./:<=>?@^_|~,()[]{{}}%"
CODES = dict(zip((sign + character for sign in SIGNS for character in _CHARACTERS), PHRASES, strict=False))
"""Each phrase by the two characters that stand for it."""


def shortened(helpers: Iterable[str]) -> str:
    """Return the helpers as one text, in shorthand.

    Raises:
        ValueError: one holds a sign of shorthand.
    """
    text = "".join(f"{helper};\n" for helper in helpers)
    if any(sign in text for sign in (*SIGNS, "$short$")):
        raise ValueError("a helper holds a sign that shorthand needs")
    for code, phrase in steps():
        text = text.replace(phrase, code)
    return text


@cache
def steps() -> list[tuple[str, str]]:
    """Return each code with its phrase in the shorthand of those before it: what is spelled out last to first."""
    made: list[tuple[str, str]] = []
    for code, phrase in CODES.items():
        for earlier, spelled in made:
            phrase = phrase.replace(spelled, earlier)
        made.append((code, phrase))
    return made


def spelled_out(text: str) -> str:
    """Return a text in shorthand as it was: what the script does before it runs it."""
    for code, phrase in reversed(steps()):
        text = text.replace(code, phrase)
    return text
