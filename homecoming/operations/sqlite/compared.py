"""Which statements compare a column with what is no constant: they find other rows once its values are respelled."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from homecoming.operations.sqlite.text import Token, key, tokens

_COMPARED = {"=", "==", "<>", "!=", "<", ">", "<=", ">=", "IS", "IN", "NOT", "LIKE", "GLOB"}
_FOLDS = ("LOWER", "UPPER")
_KEYWORDS = {"ON", "WHERE", "AND", "OR", "WHEN", "THEN", "ELSE", "SELECT", "DISTINCT", "ALL", "USING", "CASE", "FILTER"}


def shown_as(statements: Collection[str], column: str) -> set[str]:
    """Return the keys of the names that statements show a column by, its own among them."""
    names = {key(column)}
    while (
        more := {
            key(parts[place + 2].name)
            for parts in map(tokens, statements)
            for place in range(len(parts) - 2)
            if parts[place + 1].word == "AS" and _is_name(parts[place], names)
        }
        - names
    ):
        names |= more
    return names


def compares(sql: str, names: Collection[str], in_case: bool, is_one: bool) -> bool:
    """Whether ``sql`` compares what has one of these names with what is no constant.

    Args:
        sql: the statement of a view or a trigger.
        names: their keys.
        in_case: whether values change in case alone, so that a comparison in any case is harmless.
        is_one: whether they name the same values wherever they stand, so that one may be compared with another.
    """
    parts = tokens(sql)
    return any(
        _is_compared(parts, place, names, in_case, is_one) for place, part in enumerate(parts) if _is_name(part, names)
    )


def _is_name(token: Token, names: Collection[str]) -> bool:
    return token.kind in ("word", "quoted") and key(token.name) in names


def _is_compared(parts: Sequence[Token], place: int, names: Collection[str], in_case: bool, is_one: bool) -> bool:
    def at(where: int) -> Token:
        return parts[where] if 0 <= where < len(parts) else Token("", "", 0, 0)

    start, end, folded = _extent(parts, place)
    if in_case and folded:
        return False
    first = start
    while at(first - 1).text == ",":
        first -= 2
    if (at(first - 1).text, at(first - 2).word) == ("(", "USING") or "NATURAL" in (part.word for part in parts):
        return not is_one
    before, after = at(start - 1), at(end + 1)
    if before.word in ("SELECT", "DISTINCT"):
        # What a subquery gives.
        start -= 1 + (at(start - 2).word == "SELECT")
        before = at(start - 2) if at(start - 1).text == "(" else Token("", "", 0, 0)
        after = Token("", "", 0, 0)
        start -= 1
    others = []
    if _compares(after, in_case) or (before.word == "CASE" and after.word == "WHEN"):
        place = end + 2
        while at(place).text == "(" or at(place).word in ("NOT", "IN", "DISTINCT", "FROM", "LIKE", "GLOB"):
            place += 1
        others.append((at(place), at(place + 2) if at(place + 1).text == "." else at(place)))
    if _compares(before, in_case):
        place = start - 2
        while at(place).text == ")" or at(place).word in ("NOT", "IS"):
            place -= 1
        others.append((at(place), at(place)))
    return any(
        other.kind not in ("string", "number")
        and other.word not in ("NULL", "NOCASE" if in_case else "NULL")
        and not (is_one and _is_name(last, names))
        for other, last in others
    )


def _compares(token: Token, in_case: bool) -> bool:
    return (token.word or token.text) in _COMPARED - ({"LIKE"} if in_case else set())


def _extent(parts: Sequence[Token], place: int) -> tuple[int, int, bool]:
    """Return the first and the last token of what a name is in, calls and casts of it, and whether case is folded."""
    start = end = place
    folded = False
    while start > 1 and parts[start - 1].text == ".":
        start -= 2
    while start > 0 and end + 1 < len(parts):
        if parts[end + 1].word == "COLLATE" and end + 2 < len(parts):
            folded |= parts[end + 2].word == "NOCASE"
            end += 2
        elif parts[start - 1].text != "(" or parts[start - 2].word == "IN":
            break
        elif parts[end + 1].text == ")":
            start, end = start - 1, end + 1
            if start and parts[start - 1].word and parts[start - 1].word not in _KEYWORDS | _COMPARED:
                start -= 1
                folded |= parts[start].word in _FOLDS
        elif parts[start - 2].word == "CAST":
            start, end = start - 2, end + 3
        elif parts[end + 1].text == "," and parts[start - 2].kind == "word":
            # Its further arguments are another's: up to what closes the call.
            depth, start = 1, start - 2
            while depth and end + 1 < len(parts):
                end += 1
                depth += (parts[end].text == "(") - (parts[end].text == ")")
        else:
            break
    return start, end, folded
