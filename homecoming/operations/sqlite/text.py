"""SQL text as SQLite reads it: tokens, names, literals, and when two spellings say the same."""

from __future__ import annotations

import functools
import re
import string
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.dialects.sqlite.base import SQLiteIdentifierPreparer

# SQLite takes every character from U+0080 on as a letter of a name, and only these as blanks.
_TOKEN = re.compile(
    r"""(?P<skip> [ \t\n\f\r]+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
      | (?P<string> [xX]?'(?:[^']|'')*' )
      | (?P<quoted> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
      | (?P<word> [A-Za-z_\x80-\U0010ffff][A-Za-z0-9_$\x80-\U0010ffff]* )
      | (?P<number> \d[\w.]* | \.\d\w* )
      | (?P<mark> \|\| | <> | [<>!=]= | << | >> | . )""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[a-z_][a-z0-9_]*")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)

# What may surround a value without being part of it.
BLANKS = "' ' || char(9, 10, 13)"


class Token(NamedTuple):
    """A token and where it stands in the text."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def word(self) -> str:
        """The keyword it may be, in upper case; empty for names in quotes, literals and marks."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def name(self) -> str:
        """The name it spells, without quotes."""
        if self.kind not in ("quoted", "string"):
            return self.text
        opening, inner = self.text[0], self.text[1:-1]
        return inner if opening == "[" else inner.replace(opening * 2, opening)


# A run asks of the same few hundred texts tens of thousands of times; each answer depends on the text alone.
_remembered = functools.lru_cache(maxsize=8192)


@functools.lru_cache(maxsize=512)
def tokens(sql: str) -> tuple[Token, ...]:
    """Split ``sql`` into tokens; blanks and comments are none."""
    return tuple(
        Token(match.lastgroup or "", match[0], match.start(), match.end())
        for match in _TOKEN.finditer(sql)
        if match.lastgroup != "skip"
    )


@_remembered
def meaning(sql: str) -> str:
    """Return the one spelling of everything that differs from ``sql`` in case, blanks, quotes and comments only."""
    return " ".join(token.text if token.kind == "string" else key(token.name) for token in tokens(sql))


@_remembered
def key(name: str) -> str:
    """Return what a name is found by: SQLite ignores the case of ASCII letters, and of no others."""
    return name.translate(_LOWER)


def mentions(sql: str, name: str) -> bool:
    """Whether a name occurs in ``sql``; a text literal is no name."""
    return key(name) in _names(sql)


@functools.lru_cache(maxsize=1024)
def _names(sql: str) -> frozenset[str]:
    return frozenset(key(token.name) for token in tokens(sql) if token.kind in ("word", "quoted"))


def quote(name: str) -> str:
    """Return a name as it stands in a statement, in quotes only where SQLAlchemy would use them."""
    if _PLAIN.fullmatch(name) and name not in SQLiteIdentifierPreparer.reserved_words:
        return name
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str]) -> str:
    """Return names, separated by commas, as they stand in a statement."""
    return ", ".join(quote(name) for name in names)


def whole(value: str) -> str:
    """Return the SQL condition that a value is a whole number, or the text of one: no other can be an id."""
    return f"CAST({value} AS INTEGER) = {value}"


def literal(value: str) -> str:
    """Return a text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def index_renamed(statement: str, name: str) -> str:
    """Return a CREATE INDEX with another name for the index."""
    parts = tokens(statement)
    at = next(i for i, token in enumerate(parts) if token.word == "INDEX") + 1
    return statement[: parts[at].start] + quote(name) + statement[parts[at].end :]


def table_renamed(statement: str, name: str) -> str:
    """Return the CREATE TABLE of ``sqlite_master`` with another name for the table."""
    old = tokens(statement)[2]
    return statement[: old.start] + quote(name) + statement[old.end :]


def affinity(type_: str) -> str:
    """Return what SQLite makes of values in a column of a declared type: integer and numeric columns do the same."""
    spelled = type_.upper()
    if "INT" in spelled:
        return "NUMERIC"
    if any(word in spelled for word in ("CHAR", "CLOB", "TEXT")):
        return "TEXT"
    if not spelled or "BLOB" in spelled:
        return "BLOB"
    return "REAL" if any(word in spelled for word in ("REAL", "FLOA", "DOUB")) else "NUMERIC"


def index_body(statement: str) -> str:
    """Return a CREATE INDEX from its columns on, without the names of the index and the table."""
    return statement[next(token.start for token in tokens(statement) if token.text == "(") :]


def index_terms(statement: str) -> tuple[list[str], str]:
    """Return what a CREATE INDEX is on, column by column and without its order, and its condition, empty for none."""
    body = index_body(statement)
    terms, condition, start, depth = [], "", 1, 0
    parts = tokens(body)
    for at, token in enumerate(parts):
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 or (depth == 1 and token.text == ","):
            last = parts[at - 1]
            terms.append(body[start : last.start if last.word in ("ASC", "DESC") else token.start].strip())
            start = token.end
        if depth == 0:
            condition = body[parts[at + 1].end :].strip() if parts[at + 1 :] else ""
            break
    return terms, condition
