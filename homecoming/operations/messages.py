"""The texts of refusals: `messages.toml` has each once, with its parameters, for both dialects.

On SQLite `said` fills them in. In PostgreSQL's helpers `@key.part@` becomes a literal by `filled_in`.
"""

from __future__ import annotations

import json
import logging
import re
import textwrap
import tomllib
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from typing import Any

from homecoming.logs import get_logger
from homecoming.operations.literals import literal
from homecoming.project import project
from homecoming.sql_texts import ServerMessage, positional

_PARAMETER = re.compile(r"\{(\w+)(?::([IL]))?\}")
# What a console shows of a line: helpers are longer by no more than their indentation.
_WIDTH = 114
_MARK = re.compile(r"@([a-z_]+)(?:\.([a-z_]+))?@")


def _identifier(name: str) -> str:
    from sqlalchemy.dialects import sqlite

    return sqlite.dialect().identifier_preparer.quote(name)


_QUOTED: dict[str | None, Callable[[str], str]] = {"I": _identifier, "L": literal, None: str}


@cache
def _messages() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("homecoming.operations") / "messages.toml").read_text("utf-8"))


class _Told(logging.Filter):
    """Has each line of an operation found again by what it says: on SQLite it is that of PostgreSQL's helpers."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = "%s", (ServerMessage(record.getMessage()),)
        return True


get_logger("operations").addFilter(_Told())


def template(name: str, dialect: str) -> str:
    """Return a text with its parameters in braces.

    Args:
        name: Key and part, such as `orphan.what`.
        dialect: Of which the text is, where each has its own.

    Raises:
        KeyError: There is none.
    """
    key, _, part = name.partition(".")
    text = _messages()[key][part]
    return str(text[dialect] if isinstance(text, dict) else text)


def said(name: str, /, **parameters: object) -> ServerMessage:
    """Return a text for SQLite, with its parameters filled in.

    Args:
        name: Key and part, such as `orphan.what`.
        parameters: Each that the text has; `{name:I}` is quoted where SQL would need it, `{name:L}` is a literal.

    Raises:
        KeyError: There is no such text, or it has a parameter that is not given.
    """
    return ServerMessage(_PARAMETER.sub(lambda p: _QUOTED[p[2]](str(parameters[p[1]])), template(name, "sqlite")))


def counted(key: str, number: int) -> str:
    """Return a number with the words of a message that agree with it."""
    return f"{number} {_messages()[key]['one' if number == 1 else 'many']}"


def filled_in(helper: str) -> str:
    """Return a helper of PostgreSQL with its texts as literals.

    `@key.part@` is one, for `format()` where it has parameters; `@key.rows@` the words after a number, of one row and
    of more; `@key@` these two, what rows do, and what to do with them. `@project.name@` is a fact
    of the project.
    """
    return "\n".join(_line(line) if "@" in line else line for line in helper.split("\n"))


def _line(line: str) -> str:
    filled = _MARK.sub(lambda mark: ", ".join(map(literal, _texts(mark))), line)
    if len(filled) <= _WIDTH:
        return filled
    indent = "\n" + " " * (len(line) - len(line.lstrip()) + 4)

    def broken(mark: re.Match[str]) -> str:
        # Literals with nothing but a line's end between them are one.
        spelled = (
            indent.join(literal(part) for part in textwrap.wrap(text, _WIDTH - 40, drop_whitespace=False))
            for text in _texts(mark)
        )
        return indent + f",{indent}".join(spelled)

    return _MARK.sub(broken, line)


def _texts(mark: re.Match[str]) -> list[str]:
    if mark[1] == "project":
        return [_facts()[mark[2]]]
    parts = {None: ("one", "many", "what", "todo"), "rows": ("one", "many")}.get(mark[2], (mark[2],))
    return [positional(template(f"{mark[1]}.{part}", "postgresql")) for part in parts]


@cache
def _facts() -> dict[str, str]:
    """What helpers have to know of the project: `@project.name@`. Lists are PostgreSQL's literals of arrays."""
    ours, former = project(), project().former
    functions = [trigger.function.rpartition(".")[2] for trigger in ours.triggers["postgresql"] if trigger.function]
    return {
        "functions": _array([*functions, "migration_history_only_grows"]),
        "owners_table": ours.owners_table,
        "former_tables": _array(former.tables),
        "former_names": json.dumps(dict(former.names), separators=(",", ":")),
        "needed": _array(former.needed),
        "narrowed_table": former.narrowed.table,
        "narrowed_columns": former.narrowed.columns,
        "narrowed_labels": _array(former.narrowed.labels),
    }


def _array(words: Sequence[str]) -> str:
    return f"{{{','.join(words)}}}"
