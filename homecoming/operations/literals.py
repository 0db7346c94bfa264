"""Values and calls as PostgreSQL reads them, and as people read them in a printed script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from homecoming.sql_texts import quoted

# No line of a call is longer than 112 characters with its semicolon: people read the script where nothing wraps.
LINE = 110
WIDTH = 100


class Sql(str):
    """An expression: the text is PostgreSQL's, ``sqlite`` the same for SQLite."""

    sqlite: str

    def __new__(cls, spelled: str | Mapping[str, str]) -> Sql:
        """Take an expression that both read, or one for each by its dialect's name."""
        both = {"postgresql": spelled, "sqlite": spelled} if isinstance(spelled, str) else spelled
        made = super().__new__(cls, both["postgresql"])
        made.sqlite = both["sqlite"]
        return made


def call(name: str, arguments: Sequence[Any]) -> str:
    """Return the statement that calls a helper, on as many lines as it needs."""
    line = f"CALL pg_temp.{name}({', '.join(map(literal, arguments))})"
    if max(map(len, line.split("\n"))) <= LINE:
        return line
    lines = _filled([broken(argument) for argument in arguments], WIDTH)
    return "\n    ".join([f"CALL pg_temp.{name}(", *lines]) + ")"


def _filled(pieces: list[list[str]], width: int) -> list[str]:
    """Set pieces of one line or more with commas between them, as many on a line as there is room for."""
    lines: list[str] = []
    after_one_line = False
    for first, *more in pieces:
        if after_one_line and not more and len(lines[-1]) + len(first) + 2 <= width:
            lines[-1] += f", {first}"
            continue
        if lines:
            lines[-1] += ","
        lines += [first, *more]
        after_one_line = not more
    return lines


def broken(value: Any) -> list[str]:
    """Spell a value on as many lines as it needs: an array breaks between its items, a text after a space.

    SQL reads literals that only a line break separates as one, so the value is the same however it is broken.
    """
    text = literal(value)
    if len(text) <= WIDTH:
        return [text]
    if isinstance(value, (list, tuple)):
        # What opens the array, indents it and closes it takes room, too.
        first, *more = _filled([broken(item) for item in value], WIDTH - 12)
        *lines, last = [f"ARRAY[{first}", *(f"    {line}" for line in more)]
        return [*lines, f"{last}]::text[]"]
    words, lines = text[1:-1].split(" "), [""]
    for number, word in enumerate(words):
        part = word if number == len(words) - 1 else f"{word} "
        if lines[-1] and len(lines[-1]) + len(part) > WIDTH - 14:
            lines.append("")
        lines[-1] += part
    return [f"'{line}'" for line in lines]


def literal(value: Any) -> str:
    """Return a value as PostgreSQL reads it: text, a truth value, NULL, or an array of texts."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"ARRAY[{', '.join(literal(item) for item in value)}]::text[]"
    return quoted(str(value))
