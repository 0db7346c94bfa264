"""What only the text of a CREATE statement tells on SQLite: checks, conditions, options.

SQLite keeps each statement as it was written, so two spellings of one thing differ in blanks, case, quotes and
comments. Tokens are compared instead of text.
"""

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

_TOKEN = re.compile(
    r"""(?P<skip> \s+ | --[^\n]* | /\*.*?(?:\*/|\Z) )
      | (?P<text> '(?:[^']|'')*' )
      | (?P<name> "(?:[^"]|"")*" | `(?:[^`]|``)*` | \[[^\]]*\] )
      | (?P<word> [^\W\d][\w$]* | \d[\w.]* )
      | (?P<sign> <> | <= | >= | != | == | \|\| | << | >> | -> | . )""",
    re.VERBOSE | re.DOTALL,
)

# Words that open a table constraint where a column's name would stand.
_CONSTRAINT_WORDS = frozenset({"constraint", "primary", "unique", "check", "foreign"})

# Options that change what a table does and that no PRAGMA reports, as the words that spell them.
_OPTIONS = (
    ("autoincrement",),
    ("without", "rowid"),
    ("strict",),
    ("on", "conflict", "replace"),
    ("on", "conflict", "ignore"),
    ("on", "conflict", "fail"),
    ("on", "conflict", "rollback"),
    ("initially", "deferred"),
)


class Token(str):
    """A token in its compared spelling: words and names in lower case, names without quotes.

    Attributes:
        quoted: it was a name in quotes, and so is no keyword.
    """

    quoted: bool = False


# A live schema and the expected one share nearly all their statements, and each is looked at several times.
@functools.lru_cache(maxsize=1024)
def tokens(sql: str) -> tuple[Token, ...]:
    """Split ``sql`` into tokens; blanks and comments are none."""
    return tuple(_tokens(sql))


def _tokens(sql: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(sql):
        spelled = match[0]
        if match.lastgroup == "name":
            inner = spelled[1:-1] if spelled[0] == "[" else spelled[1:-1].replace(spelled[0] * 2, spelled[0])
            token = Token(inner.lower())
            token.quoted = True
            yield token
        elif match.lastgroup == "text":
            yield Token(spelled)
        elif match.lastgroup != "skip":
            yield Token(spelled.lower())


def joined(parts: Sequence[str]) -> str:
    """Return the one spelling of a run of tokens."""
    text = " ".join(parts)
    return text.replace("( ", "(").replace(" )", ")").replace(" ,", ",").replace(" . ", ".").replace(" ;", ";")


def definition(sql: str, kind: str) -> str:
    """Return the statement that created a ``kind`` (``index`` or ``trigger``) from behind the object's name on."""
    parts = tokens(sql)
    return joined(parts[parts.index(Token(kind)) + 2 :])


def table_items(sql: str) -> list[list[Token]]:
    """Return the columns and constraints between the parentheses of a CREATE TABLE, each as its tokens."""
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens(sql):
        depth -= token == ")"
        if depth == 1 and token == ",":
            items.append([])
        elif depth:
            items[-1].append(token)
        elif token == ")":
            break
        depth += token == "("
    return items


def column_of(item: Sequence[Token]) -> str:
    """Return the column that an item of a CREATE TABLE defines, or the empty text for a table constraint."""
    first = item[0]
    return "" if first in _CONSTRAINT_WORDS and not first.quoted else str(first)


def options(sql: str) -> list[str]:
    """Return the options of a table in upper case; those of its columns and keys count as its own."""
    words = [token if not token.quoted else "" for token in tokens(sql)]
    found = []
    for option in _OPTIONS:
        size = len(option)
        if any(tuple(words[at : at + size]) == option for at in range(len(words) - size + 1)):
            found.append(" ".join(option).upper())
    return found


def checks(item: Sequence[Token]) -> Iterator[str]:
    """Yield the conditions of an item's CHECKs, parentheses included."""
    for at, token in enumerate(item):
        if token == "check" and not token.quoted and at + 1 < len(item) and item[at + 1] == "(":
            yield joined(group(item[at + 1 :]))


def group(parts: Sequence[Token]) -> Sequence[Token]:
    """Return the tokens from an opening parenthesis to the one that closes it."""
    depth = 0
    for at, token in enumerate(parts):
        depth += (token == "(") - (token == ")")
        if not depth:
            return parts[: at + 1]
    return parts


def collation(item: Sequence[Token]) -> str:
    """Return the collation a column's item names, in upper case, or the empty text."""
    for token, following in itertools.pairwise(item):
        if token == "collate" and not token.quoted:
            return following.upper()
    return ""
