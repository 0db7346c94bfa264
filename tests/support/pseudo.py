"""Words that no catalogue has, found in what is shown under MIGRATION_LANG=xx.

There each message stands in ⟦ ⟧, and each value of a message that is none itself in ⟨ ⟩. What stands outside of ⟦ ⟧, or
in ⟨ ⟩, was translated by nobody: it may be a name, a number, a command or SQL; English it may not be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from homecoming.commands import COMMANDS
from homecoming.project import project

LANGUAGE = "xx"

_COMMANDS = re.compile(r"\b(?:make|pip|psql|createdb|painel) [^\n⟦⟧⟨⟩.,;]*")
# From its first word to the end of the line: who pastes a statement types no other.
_STATEMENTS = re.compile(r"\b(?:SELECT|UPDATE|DELETE FROM|INSERT INTO|ALTER|DROP|CREATE|GRANT|REVOKE|SET)\b [^\n⟦⟧⟨⟩]*")
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
# A path, an address, NAME=value, name_of_a_thing, file.py, a1b2: nothing that a sentence has.
_NO_WORD = re.compile(r"[\d_/=@\\<>$*{}\[\]|~+%#]|\w\.\w|\w:\w|^--?\w")
_EDGES = ".,;:!?()\"'`…—"
# What is the same in every language here.
_EVERYWHERE = frozenset({"PostgreSQL", "SQLite", "Python", "Alembic", "head", "base", "public", "main", "UTC", "ms"})


def words_outside(shown: str, allowed: Iterable[str] = ()) -> list[str]:
    """Return the words that bypass the catalogue, in their order.

    Args:
        shown: What was printed or rendered under the pseudo-language.
        allowed: Words that are names where this was shown: a role, a database, a folder.
    """
    names = _names() | frozenset(allowed)
    return [word for part in _untranslated(shown) for word in _words(part) if word not in names]


def _untranslated(shown: str) -> Iterator[str]:
    """Each stretch of text whose innermost bracket is not ⟦ ⟧."""
    opened = [""]
    for part in re.split(r"([⟦⟧⟨⟩])", shown):
        if part in ("⟦", "⟨"):
            opened.append(part)
        elif part in ("⟧", "⟩"):
            assert opened.pop() == {"⟧": "⟦", "⟩": "⟨"}[part], f"brackets cross in {shown!r}"
        elif opened[-1] != "⟦":
            yield part
    assert opened == [""], f"a bracket is not closed in {shown!r}"


def _words(text: str) -> Iterator[str]:
    for pattern in (_COMMANDS, _STATEMENTS, _QUOTED):
        text = pattern.sub(" ", text)
    for found in text.split():
        word = found.strip(_EDGES)
        # A file's name may begin with a point: .env.
        if re.fullmatch(r"[(\"']*\.[a-z]+[,;)\"']*", found):
            continue
        if len(word) > 1 and any(map(str.isalpha, word)) and not word.isupper() and not _NO_WORD.search(word):
            yield word


@cache
def _names() -> frozenset[str]:
    """Names of tables, columns, enums and labels of the application, and those of our verbs that are no English."""
    tables = project().metadata.tables.values()
    names = {column.name for table in tables for column in table.columns} | {table.name for table in tables}
    names |= {column.partition(".")[2] for columns in project().former.retired.values() for column in columns}
    names |= {*project().enums, *(label for labels in project().enums.values() for label in labels)}
    return frozenset(names | {command.name for command in COMMANDS if "-" in command.name} | _EVERYWHERE)
