"""What is defined over values that are to be spelled otherwise: it would find other rows, without a word."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import pairwise

import sqlalchemy as sa

from homecoming.operations.messages import said
from homecoming.operations.sqlite.compared import compares, shown_as
from homecoming.operations.sqlite.faults import note
from homecoming.operations.sqlite.live import triggers, views
from homecoming.operations.sqlite.text import Token, key, literal, mentions, quote, tokens
from homecoming.project import project

_PARTS = {"INSTR", "SUBSTR", "SUBSTRING", "REGEXP", "MATCH"}
_COMPARED = {"=", "==", "<>", "!=", "IS", "NOT"}
_LISTED = re.compile(r"\s*[][{}(),;|\"]\s*")


def mind_values(connection: sa.Connection, table: str, column: str, value: str, condition: str = "1") -> None:
    """Name each view, and trigger of a table nobody knows, that would find other rows.

    It holds a value as it was and not as it is to be, or compares values with what is no constant.

    Arguments: ``value``, SQL for what a value becomes; ``condition``, of which rows.
    Errors: Refused, outside of a run, where there is one.
    """
    found = list(_dependents(connection, table, column))
    if not found:
        return
    name = quote(column)
    pairs = connection.exec_driver_sql(
        f"SELECT DISTINCT {name}, {value} FROM {quote(table)} WHERE ({condition}) AND typeof({name}) = 'text'"
        f" AND {name} <> {value} ORDER BY 1"
    ).all()
    names = shown_as([statement for _, _, statement in found], column)
    for kind, thing, statement in found:
        made = [statement, *(trigger.statement for trigger in triggers(connection, thing) if kind == "view")]
        drop = said("drop_first.todo") + f"DROP {kind.upper()} {quote(thing)}"
        again = "; ".join(map(_in_one_line, made))
        is_one = _is_one(connection, table, column, statement)
        for was, becomes in pairs:
            if names_text(statement, was, becomes):
                says = said("names_a_value.what", object=f"{kind} {thing}", was=was, becomes=becomes)
                note(connection, says, drop + said("names_a_value.anew", was=was, becomes=becomes) + again)
            if compares(statement, names, key(was) == key(becomes), is_one):
                says = said("compares_a_value.what", object=f"{kind} {thing}")
                thing_said = f"{literal(was)} as {literal(becomes)}"
                note(connection, says, drop + said("compares_a_value.anew") + again, thing_said)


def _is_one(connection: sa.Connection, table: str, column: str, sql: str) -> bool:
    """Whether no other table that a statement may read has a column of that name."""
    holders = connection.exec_driver_sql(
        "SELECT m.name FROM sqlite_master AS m, pragma_table_info(m.name) AS c"
        " WHERE m.type = 'table' AND lower(c.name) = ?",
        (key(column),),
    ).scalars()
    return not any(key(name) != key(table) and mentions(sql, name) for name in holders)


def _in_one_line(statement: str) -> str:
    """Return a statement without its comments, of which one would swallow the rest of the line."""
    parts = tokens(statement)
    gaps = (" " * (after.start > before.end) for before, after in pairwise(parts))
    return "".join(token.text + gap for token, gap in zip(parts, [*gaps, ""], strict=True))


def _dependents(connection: sa.Connection, table: str, column: str) -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and statement of what may read a column: by its name, by all columns, or by a view that does."""
    by, rest = {key(table)}, views(connection)
    while reading := {name: sql for name, sql in rest.items() if _reads(sql, key(table), column, by)}:
        for name, sql in reading.items():
            by.add(key(name))
            del rest[name]
            yield "view", name, sql
    for trigger in triggers(connection):
        # Those of known tables that nobody knows go anyhow.
        of_others = key(trigger.table) not in {*project().metadata.tables, *map(key, views(connection))}
        if of_others and _reads(trigger.statement, key(table), column, by):
            yield "trigger", trigger.name, trigger.statement


def _reads(sql: str, table: str, column: str, by: set[str]) -> bool:
    if any(mentions(sql, view) for view in by - {table}):
        return True
    return mentions(sql, table) and (mentions(sql, column) or any(token.text == "*" for token in tokens(sql)))


def names_text(sql: str, was: str, becomes: str) -> bool:
    """Whether ``sql`` holds a text that means one value and not what becomes of it.

    That is the value itself, a list with it, a pattern, or a part of it where parts are compared. A comparison in any
    case, and one with both spellings, is harmless.
    """
    either = f"'(?:{re.escape(was)}|{re.escape(becomes)})'"
    sql = re.sub(rf"([\w.\"]+)\s*(=|<>)\s*{either}\s*(OR|AND)\s*\1\s*\2\s*{either}", "", sql, flags=re.IGNORECASE)
    parts = tokens(sql)
    in_parts = any(token.word in _PARTS for token in parts)
    for place, token in enumerate(parts):
        if token.kind != "string" and not token.text.startswith('"'):
            continue
        text, before = token.name, parts[place - 1].word if place else ""
        if before == "GLOB":
            found = fnmatchcase(was, text) and not fnmatchcase(becomes, text)
        else:
            listed = _LISTED.split(text)
            found = was in listed and becomes not in listed
            found |= in_parts and bool(text) and text in was and text not in becomes
        if found and not _is_harmless(parts, place, key(was) == key(becomes), becomes):
            return True
    return False


def _is_harmless(parts: Sequence[Token], place: int, in_case: bool, becomes: str) -> bool:
    """Whether a text is compared in any case, where that is all that changes, or stands in a list with the other."""
    after = [token.word for token in parts[place + 1 : place + 3]]
    start, listed = place, [parts[place].name]
    while start > 0 and (parts[start - 1].kind == "string" or parts[start - 1].text == ","):
        start -= 1
        listed.append(parts[start].name)
    if start > 1 and parts[start - 1].text == "(" and parts[start - 2].word == "IN":
        end = place
        while end + 1 < len(parts) and (parts[end + 1].kind == "string" or parts[end + 1].text == ","):
            end += 1
            listed.append(parts[end].name)
        if becomes in listed:
            return True
        start -= 2
    else:
        start = place - 1
    if not in_case:
        return False
    if after == ["COLLATE", "NOCASE"] or parts[place - 1].word == "LIKE":
        return True
    while start > 0 and (parts[start].text in _COMPARED or parts[start].word in _COMPARED | {"IN"}):
        start -= 1
    return _is_folded(parts, start)


def _is_folded(parts: Sequence[Token], end: int) -> bool:
    """Whether what ends there is a call of lower() or upper(), or is compared in any case."""
    if parts[end].word == "NOCASE":
        return True
    depth = 0
    for place in range(end, 0, -1):
        depth += (parts[place].text == ")") - (parts[place].text == "(")
        if depth <= 0:
            return parts[place].text == "(" and parts[place - 1].word in ("LOWER", "UPPER")
    return False
