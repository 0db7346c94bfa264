"""Texts that stand where a database URL should: each kind is named as the cause, and none is ever repeated.

Most come from a platform's or a provider's page, by copy and paste.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from homecoming.errors import UsageError
from homecoming.language import tr

# What make_url reads between user or password and the path; a comma or a second colon is what it stumbles over.
_HOSTS = r"^\s*[\w+]+://(?:[^@]*@|(?![^@]*@))"


class _Cause(NamedTuple):
    """A kind of text that is no URL: an expression that finds it, what it is, and what to do."""

    found: str
    what: str
    todo: str


# Straight ones, and those that word processors and chats make of them.
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"

# The first that fits counts.
_CAUSES = (
    _Cause(
        rf"^[{_QUOTES}]|[{_QUOTES}]$",
        tr("has quotes around it that are part of its value"),
        tr("Take them away: where this variable is set, no shell reads them"),
    ),
    _Cause(
        # The whole text, or a part of it: ${{Postgres.PGUSER}}, ${PGUSER}, {{ user }}, %PGUSER%, $PGUSER.
        r"\$\{\{?[^{}]*\}\}?|^\s*\{\{[^{}]*\}\}\s*$|^\s*%\w+%\s*$|^\s*\$\w+\s*$|[/:@]\$[A-Z][A-Z0-9_]{2,}(?=[/:@?]|$)",
        tr("is, or holds, a reference to another variable that nothing has resolved"),
        tr("Set it to the URL itself, or where the platform resolves references; write a $ of a password as %24"),
    ),
    _Cause(
        r"^\s*(?:export\s+|set\s+)?\w+\s*=\s*\S*:/",
        tr("has its own name in its value"),
        tr("Leave out what stands before the URL"),
    ),
    _Cause(r"^\s*psql\s", tr("is a command of psql, not a URL"), tr("Leave out all but the URL in it")),
    _Cause(
        r"^\s*jdbc:",
        tr("is a URL of JDBC, which only Java reads"),
        tr("Write it without jdbc:, with user and password"),
    ),
    _Cause(
        r"^\s*(?:host|hostaddr|dbname|user|service)\s*=",
        tr("is a list of libpq's keywords, not a URL"),
        tr("Write it as postgresql://user:password@host:5432/name, or set PGHOST, PGUSER and the others"),
    ),
    _Cause(
        r"[:/]\*{3,}(?:@|$)|^\s*\*+\s*$",
        tr("has asterisks for what was hidden where it was copied"),
        tr("Copy it where the password is shown; write a * of a password as %2A"),
    ),
    _Cause(
        r"[:/@](?:\[YOUR[-_ ]PASSWORD\]|<[\w -]+>)(?=[/:@?]|$)",
        tr("has a placeholder in it, for you to fill in"),
        tr("Put your own value there, without the brackets; write < as %3C"),
    ),
    _Cause(
        _HOSTS + r"[^/@?\[]*,",
        tr("names several hosts in a form that SQLAlchemy does not read"),
        tr("Write postgresql://user:password@/name?host=host1:5432&host=host2:5432"),
    ),
    _Cause(
        _HOSTS + r"[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*(?:/|$)",
        tr("has an address of IPv6 without brackets"),
        tr("Write it as postgresql://user:password@[::1]:5432/name"),
    ),
    _Cause(
        _HOSTS + r"[^/@?]*%2[Ff]",
        tr("has a folder of sockets where SQLAlchemy reads a host's name"),
        tr("Write postgresql://user:password@/name?host=/run/postgresql"),
    ),
)


def refuse_other_texts(text: str, source: str) -> None:
    """Go on unless a text is one of those that are taken for a URL and are none.

    Args:
        text: As it was given.
        source: The variable it came from, for the message.

    Raises:
        UsageError: It is; the message names the kind, and repeats nothing of the text.
    """
    for cause in _CAUSES:
        if re.search(cause.found, text, re.DOTALL):
            raise UsageError(tr("{source} {what}", source=source, what=cause.what), cause.todo)
