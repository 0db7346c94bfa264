"""SQL in a text: which statements there are, by the words of sqlparse's lexer rather than by patterns of our own."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Most text holds no SQL at all, and the lexer is a hundred times slower than this.
_MAYBE = re.compile(r"\b(create|alter|drop|insert|update|delete|truncate|replace|select|pragma)\b", re.IGNORECASE)
_ENOUGH = 100_000
"""Characters of a text that are read: what a file is shows in its beginning."""


def set_of(words: str) -> frozenset[str]:
    """The words of a text, as a set: a list of them would be a line a word."""
    return frozenset(words.split())


_OBJECTS = set_of("""
TABLE INDEX UNIQUE TYPE VIEW TRIGGER FUNCTION PROCEDURE SCHEMA SEQUENCE EXTENSION DATABASE DOMAIN COLUMN CONSTRAINT
MATERIALIZED TEMP TEMPORARY OR RULE POLICY
""")
_QUOTES = "'\"$"

SCHEMA, INSERT, UPDATE, DELETE, READ = "schema", "insert", "update", "delete", "read"
WRITES = frozenset({INSERT, UPDATE, DELETE})


def statements(text: str) -> set[str]:
    """Return which kinds of statement a text of SQL holds: schema, insert, update, delete, read.

    Comments do not count; statements inside a block or a string that a block executes do.
    """
    if not _MAYBE.search(text):
        return set()
    found: set[str] = set()
    words = list(_words(text[:_ENOUGH], found))
    for place, word in enumerate(words):
        following = words[place + 1 : place + 8]
        first = following[0] if following else ""
        if word in ("CREATE", "ALTER", "DROP") and first in _OBJECTS:
            found.add(SCHEMA)
        elif (word == "TRUNCATE" and first) or (word == "DELETE" and first == "FROM"):
            found.add(DELETE)
        elif word in ("INSERT", "REPLACE") and ("INTO" in following[:3]):
            found.add(INSERT)
        elif word == "UPDATE" and first != "SET" and "SET" in following:
            found.add(UPDATE)
        elif (word == "SELECT" and first) or (word == "PRAGMA" and first):
            found.add(READ)
    return found


def begins(text: str) -> bool:
    """Say whether a string of a program begins like a statement, unlike a message that speaks of one."""
    first = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*([A-Za-z]+)", text, re.DOTALL)
    return first is not None and first[1].upper() in _BEGINNINGS


_BEGINNINGS = set_of("""
CREATE ALTER DROP INSERT UPDATE DELETE TRUNCATE REPLACE SELECT PRAGMA WITH DO BEGIN SET COMMIT EXPLAIN
""")


def _words(text: str, found: set[str]) -> Iterator[str]:
    """The words of a text in upper case, without comments; names and values are there, since UPDATE x SET has one."""
    from sqlparse import lexer
    from sqlparse import tokens as kinds

    for kind, value in lexer.tokenize(text):  # type: ignore[no-untyped-call]
        if kind in kinds.Comment or kind in kinds.Text.Whitespace:
            continue
        if kind in kinds.Literal and value[:1] in _QUOTES and len(value) > 10:
            tag = re.match(r"\$\w*\$|['\"]", value)
            inner = value[len(tag[0]) : -len(tag[0])] if tag else value
            if begins(inner):
                found |= statements(inner)
            yield "''"
        else:
            yield from value.upper().split()
