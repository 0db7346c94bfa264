"""SQL as the rules read it: a step for each thing that happens, in one spelling, whatever wrote it.

No grammar: words, names and brackets are enough to tell what a statement does, and nothing has to be installed for it.
Literals are out of sight while a step is matched, so that no value is taken for a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

NAME = r'(?:"(?:[^"]|"")+"|\w+)'
_MARK = re.compile(r"'\x00(\d+)'")

_TOKEN = re.compile(
    r"(?P<comment>--[^\n]*)|(?P<block>/\*)|(?P<literal>\b[eE]'(?:[^'\\]|''|\\.)*'|'(?:[^']|'')*')"
    r"|(?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)|(?P<name>\"(?:[^\"]|\"\")+\")|(?P<end>;)|(?P<blank>\s+)",
    re.DOTALL,
)
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_$]*")


def quoted(name: str) -> str:
    """Return a name as SQL needs it: a word of PostgreSQL's own has quotes, or it is no name."""
    if _PLAIN_NAME.fullmatch(name) and name not in RESERVED_WORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def bare(name: str) -> str:
    """Return a name as a revision's operations take it, without quotes."""
    return name[1:-1].replace('""', '"') if name[:1] == '"' == name[-1:] else name


class Masked:
    """Statements with their literals out of sight.

    Arguments: ``sql``, one statement or several.
    """

    def __init__(self, sql: str) -> None:
        self.literals: list[str] = []
        self.statements = [line for line in map(_tidy, self._cut(sql)) if line]

    def shown(self, text: str) -> str:
        """Return a part of a statement with its literals."""
        return _MARK.sub(lambda mark: self.literals[int(mark[1])], text)

    def bodies(self, text: str) -> Iterator[str]:
        """Yield what the literals of a part hold, without their quotes."""
        for mark in _MARK.finditer(text):
            literal = self.literals[int(mark[1])]
            if literal.startswith("$"):
                tag = literal[: literal.index("$", 1) + 1]
                yield literal[len(tag) : -len(tag)]
            else:
                yield literal[literal.index("'") + 1 : -1].replace("''", "'")

    def _cut(self, sql: str) -> Iterator[str]:
        made, place = "", 0
        while token := _TOKEN.search(sql, place):
            made += sql[place : token.start()]
            place = token.end()
            kind = token.lastgroup
            if token["block"]:
                place = _after_comment(sql, place)
                made += " "
            elif token["literal"] or token["dollar"]:
                self.literals.append(token[0])
                made += f"'\x00{len(self.literals) - 1}'"
            elif token["name"]:
                made += quoted(bare(token[0]))
            elif kind == "end":
                yield made
                made = ""
            else:
                made += " "
        yield made + sql[place:]


def _after_comment(sql: str, place: int) -> int:
    depth = 1
    while depth and (mark := re.compile(r"/\*|\*/").search(sql, place)):
        depth += 1 if mark[0] == "/*" else -1
        place = mark.end()
    return len(sql) if depth else place


def _tidy(text: str) -> str:
    text = " ".join(text.split())
    for pattern, spelled in ((r"\( ", "("), (r" (?=[),])", ""), (r",(?! )", ", "), (r"\)(?=\w)", ") ")):
        text = re.sub(pattern, spelled, text)
    return re.sub(r"\bpublic\.(?=[\w\"])", "", text)


# What stands before a statement in the body of a DO block.
_BEFORE = re.compile(
    r"(?:<<\w+>>|DECLARE\b|BEGIN\b|LOOP\b|ELSE\b|EXCEPTION\b|IF\b.*?\bTHEN\b|ELSIF\b.*?\bTHEN\b|(?:CASE\b.*?)?WHEN\b.*?\bTHEN\b"
    r"|(?:FOR|FOREACH|WHILE)\b.*?\bLOOP\b|END(?: IF| LOOP| CASE)?\b) ?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Step:
    """One thing that a statement does: its text, and the statements whose literals are out of sight in it."""

    text: str
    masked: Masked

    @classmethod
    def of(cls, text: str) -> Step:
        """Return a step that is spelled already."""
        masked = Masked(text)
        return cls(masked.statements[0], masked)

    def shown(self, text: str | None = None) -> str:
        """Return it, or a part of it, with its literals."""
        return self.masked.shown(self.text if text is None else text)


def steps(sql: str) -> Iterator[Step]:
    """Yield what statements do, in the spelling that the rules match."""
    masked = Masked(sql)
    for statement in masked.statements:
        yield from _steps(statement, masked)


def _steps(statement: str, masked: Masked) -> Iterator[Step]:
    if re.match(r"DO\b", statement, re.IGNORECASE):
        for body in masked.bodies(statement):
            yield from _of_body(body)
    elif re.match(r"WITH\b", statement, re.IGNORECASE):
        yield Step(statement, masked)
        for found in _CHANGES_ROWS.finditer(statement):
            yield from _steps(_to_its_bracket(statement[found.start() :]), masked)
    else:
        for text in _split(re.sub(r"\b(?:IF (?:NOT )?EXISTS|ONLY) ", "", statement, flags=re.IGNORECASE)):
            yield Step(text, masked)


_CHANGES_ROWS = re.compile(r"\b(?:DELETE FROM|UPDATE|INSERT INTO|MERGE INTO) ", re.IGNORECASE)


def _to_its_bracket(text: str) -> str:
    """Return a text up to the bracket that closes what is around it."""
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth < 0:
            return text[:place]
    return text


def _of_body(body: str) -> Iterator[Step]:
    masked = Masked(body)
    for statement in masked.statements:
        while found := _BEFORE.match(statement):
            if re.search(r"\bIN EXECUTE\b", found[0], re.IGNORECASE):
                yield Step(f"EXECUTE {statement}", masked)
            # What is asked there may call something.
            yield from (Step(f"EVALUATE {found[0]}", masked) for _ in range("(" in found[0]))
            statement = statement[found.end() :]
        if executed := re.fullmatch(r"EXECUTE ('\x00\d+')", statement, re.IGNORECASE):
            for text in masked.bodies(executed[1]):
                yield from steps(text)
        elif re.match(rf"{NAME} ?:?= ", statement):
            yield Step(f"EVALUATE {statement}", masked)
        elif statement:
            yield from _steps(statement, masked)


def _split(statement: str) -> Iterator[str]:
    """Yield a statement's parts, where it does several things at once."""
    for pattern, cut in _SEVERAL:
        if found := re.fullmatch(pattern, statement, re.IGNORECASE):
            yield from cut(found)
            return
    yield statement


def _alter_table(found: re.Match[str]) -> Iterator[str]:
    table = found["table"]
    for action in top_level(found["actions"]):
        yield from (f"ALTER TABLE {table} {part}" for part in _action(table, action))


def _create_table(found: re.Match[str]) -> Iterator[str]:
    yield f"CREATE TABLE {found['table']} ({found['parts']})"
    for part in top_level(found["parts"]):
        if not re.match(r"(?:CONSTRAINT|UNIQUE|PRIMARY|FOREIGN|CHECK|EXCLUDE|LIKE)\b", part, re.IGNORECASE):
            yield from (f"ALTER TABLE {found['table']} {each}" for each in _action(found["table"], f"ADD {part}"))


def _each(head: str) -> Callable[[re.Match[str]], Iterator[str]]:
    def cut(found: re.Match[str]) -> Iterator[str]:
        for name in top_level(found["names"]):
            yield f"{head} {name.removesuffix(' *')}{(found['rest'] or '').upper()}"

    return cut


_QUALIFIED = rf"{NAME}(?:\.{NAME})?"
_NAMES = rf"(?P<names>{_QUALIFIED}(?: \*)?(?:, {_QUALIFIED}(?: \*)?)*)"
_SEVERAL: tuple[tuple[str, Callable[[re.Match[str]], Iterator[str]]], ...] = (
    (rf"ALTER TABLE (?P<table>{_QUALIFIED})(?: \*)? (?P<actions>.*)", _alter_table),
    (
        rf"CREATE (?:(?:TEMP|TEMPORARY|UNLOGGED) )?TABLE (?P<table>{_QUALIFIED}) ?\((?P<parts>.*)\)[^()]*",
        _create_table,
    ),
    (rf"DROP TABLE {_NAMES}(?P<rest> CASCADE| RESTRICT)?", _each("DROP TABLE")),
    (
        rf"TRUNCATE(?: TABLE)? {_NAMES}(?P<rest>(?: RESTART IDENTITY| CONTINUE IDENTITY| CASCADE| RESTRICT)*)",
        _each("TRUNCATE"),
    ),
    (rf"LOCK(?: TABLE)? {_NAMES}(?P<rest> IN .* MODE| NOWAIT)?.*", _each("LOCK TABLE")),
)

_CONSTRAINTS = r"ADD (?:CONSTRAINT|CHECK|FOREIGN|UNIQUE|PRIMARY|EXCLUDE|GENERATED|NOT NULL)\b"
_SPELLINGS = (
    (rf"(?!{_CONSTRAINTS})ADD (?:COLUMN )?(.*)", r"ADD COLUMN \1"),
    (r"DROP (?!COLUMN|CONSTRAINT)(.*)", r"DROP COLUMN \1"),
    (r"ALTER (?!COLUMN|CONSTRAINT)(.*)", r"ALTER COLUMN \1"),
    (r"RENAME (?!COLUMN|CONSTRAINT|TO)(.* TO .*)", r"RENAME COLUMN \1"),
    (r"(ALTER COLUMN \S+) SET DATA TYPE (.*)", r"\1 TYPE \2"),
)


def _action(table: str, action: str) -> Iterator[str]:
    """Yield an action of ALTER TABLE in one spelling; what a new column brings along is an action of its own."""
    for pattern, spelled in _SPELLINGS:
        action = re.sub(rf"^{pattern}$", spelled, action, flags=re.IGNORECASE)
    yield action
    if not (column := re.match(rf"ADD COLUMN ({NAME}) (.*)", action, re.IGNORECASE)):
        return
    if key := re.search(r"\b(UNIQUE|PRIMARY KEY)\b", column[2], re.IGNORECASE):
        yield f"ADD {key[1]} ({column[1]})"
    if check := re.search(r"\bCHECK ?(\(.*\))", column[2], re.IGNORECASE):
        yield f"ADD CHECK {check[1]}"
    # Without a default every row has NULL there, and PostgreSQL looks at none.
    keyed = rf"\bDEFAULT .*\bREFERENCES ({_QUALIFIED})|\bREFERENCES ({_QUALIFIED}) .*\bDEFAULT "
    other = re.search(keyed, column[2], re.IGNORECASE)
    if other:
        yield f"ADD FOREIGN KEY ({column[1]}) REFERENCES {other[1] or other[2]} (id)"


def top_level(text: str) -> list[str]:
    """Return the parts of a list, cut at its commas and not at those in brackets."""
    parts, depth = [""], 0
    for sign in text:
        depth += (sign == "(") - (sign == ")")
        if sign == "," and not depth:
            parts.append("")
        else:
            parts[-1] += sign
    return [part.strip() for part in parts if part.strip()]
