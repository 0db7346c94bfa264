"""Messages within SQL: in a script that somebody pastes, and in what a server says of a run.

A script speaks to its reader by itself, so its literals are those of the language. A run sends the same English text in
every language, so that nothing on the server, in the journal or in JSON depends on who looks; what comes back is told
apart into the templates that it was made of when a person reads it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import NamedTuple

from homecoming.language import ENGLISH, PORTUGUESE, PSEUDO, Message, catalogue, chosen

MESSAGES = "operations/messages.toml"
"""What operations say when they refuse, a template each, with its parameters in braces."""

SOURCES = (
    "catalog",
    "connection",
    "console",
    "history",
    "operations/postgresql",
    "preflight",
    "run",
)
"""Where SQL lies that a person meets a text of. Backups and what monitoring asks give facts, which Python words."""

# A literal, or several that only lines' ends divide, which are one; what else may hold a quote is passed over.
_SCANNED = re.compile(
    r"""^[ ]*\#\#[^\n]*|--[^\n]*|"[^"\n]*"|\$head\$.*?\$head\$|"""
    r"""(?P<literal>(?<![\w'])E?'(?:[^']|'')*'(?:\s*\n\s*'(?:[^']|'')*')*)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)
_PIECE = re.compile(r"'((?:[^']|'')*)'")

# What only SQL begins with, or holds.
_STATEMENT = re.compile(
    r"\W*(?:SELECT|INSERT|UPDATE|DELETE|ALTER|CREATE|DROP|WITH|CASE|EXISTS|FROM|CALL|AND|NOT|ADD|COMMENT|REVOKE|LOCK|BEGIN"
    r"|FOREIGN|PRIMARY|REFERENCES|AS|IS|IN|SET|WHERE|TABLE|FULL|FOR|ORDER|GROUP)\b"
)
_CODE = re.compile(r"::|[\\^|~]|\(\?|\$\{|<%|%[sIL]?\.%[sIL] NOT|\bpg_\w+\.|\w\(%|\?\(|, never |chr\(")
# Two words of a sentence.
_WORDS = re.compile(r"(?<![\w%$.])[A-Za-z][a-z']* [a-z']*[a-z]")
# Two words, and yet no text: kinds of things, which are compared, and what is written into the database.
_NAMES = frozenset(
    {
        "autovacuum worker",
        "client backend",
        " not null",
        " not null$",
        "character varying",
        "database user",
        "event trigger",
        "foreign key",
        "generated column",
        "id serial",
        "materialized view",
        "name of not null",
        "not null",
        "primary key",
        "role access",
        "row security",
        "schema public",
        "table constraint",
        "timestamp with time zone",
        "timestamp%with time zone",
        "undo after",
        "undo name",
        "undo purged",
        "A line for each revision applied or taken back, only ever added",
        "What migrations took out of the application's way.",
        "What is retired: what it was, where its rows are, what makes it.",
    }
)
# Texts of one word, with what they stand among.
_PARTS = frozenset(
    {
        "%s created",
        "%s: %s from %s",
        "%s.%s added",
        "%s: %s changed: %s",
        "%s: %s deleted: %s",
        "%s: %s retired: %s",
        ": cancelled",
        "%s%s: expected %s, found %s",
        "%s.%s: %s retired",
        "; or drop %3$s as %1$s",
        " -- Anew: ",
        ", retired ",
        "retired %s %s%s",
        "lets ",
        "calls ",
        " for ",
        " in ",
        " of ",
        "1 difference",
        " differences",
        "Alembic's",
        "Done: at %s after %s revision",
        "Done: at %s after %s revisions",
        "changes",
        "drops",
        "empties",
        "every ",
        "no ",
        "nothing",
        "rewrites",
    }
)
# What a value looks like that may have a blank in it, where another follows it.
_LOOKS = {"verb": r"deletes from|\w+"}
# What a thing is, before its name.
_KINDS = ("column", "constraint", "index", "policy", "row security", "rule", "table", "trigger", "view")
# What stands behind a number.
_COUNTED = ("moment", "moments", "row", "rows", "table", "tables")
_NUMBERED = re.compile(r"counted\([^,()]+(?:\([^()]*\))?, '(\w+)', '(\w+)'\)")

_PLACE = re.compile(r"%(?:(?P<at>\d)\$)?(?P<kind>[sIL])|%(?!%)|\{(?P<name>\w+)(?::(?P<way>[IL]))?\}")
# Characters of a line, and of a literal in it.
_LINE = 116
_WIDEST = 80


def said_by(sql: str) -> Iterator[tuple[int, int, str]]:
    """Return where a text of SQL has a message: from, to, and the message as it stands there."""
    numbered = {place - 1 for found in _NUMBERED.finditer(sql) for place in (found.start(1), found.start(2))}
    refusals = _positional()
    for found in _SCANNED.finditer(sql):
        if literal := found["literal"]:
            text = "".join(_PIECE.findall(literal)).replace("''", "'")
            if found.start() in numbered or text in refusals or is_message(text):
                yield found.start(), found.end(), text


def is_message(text: str) -> bool:
    """Whether a literal is for people: words that no name and no statement has."""
    if text in _PARTS:
        return True
    words = text not in _NAMES and not _STATEMENT.match(text) and not _CODE.search(text)
    return words and _WORDS.search(text) is not None


def sources() -> Iterator[tuple[str, str]]:
    """Return every text of SQL that says something: where it lies, and what it is."""
    root = resources.files(__package__)
    for place in SOURCES:
        folder: Traversable = root.joinpath(*place.split("/"))
        for file in sorted(folder.iterdir(), key=lambda one: one.name):
            if file.name.endswith((".sql", ".sql.mako")):
                yield f"{place}/{file.name}", file.read_text("utf-8")


@cache
def refusals() -> tuple[str, ...]:
    """Return the templates of `MESSAGES`, of both dialects, but for those that are code alone."""
    sections = tomllib.loads(resources.files(__package__).joinpath(*MESSAGES.split("/")).read_text("utf-8"))
    texts = (text for section in sections.values() for text in section.values())
    each = (one for text in texts for one in (text.values() if isinstance(text, dict) else (text,)))
    return tuple(dict.fromkeys(one for one in each if not one.startswith(("op.", "SELECT "))))


def positional(template: str, order: Iterable[str] = ()) -> str:
    """Return a template with parameters in braces as `format()` of PostgreSQL reads it.

    Args:
        template: `{name}` is a text, `{name:I}` a name, `{name:L}` a literal.
        order: Of the parameters where they are given in that of another template; by default it is this one's.

    Returns:
        It with `%s`, `%I` and `%L`, by number only where one does not come in its turn.
    """
    names = list(order) or list(dict.fromkeys(found["name"] for found in _PLACE.finditer(template)))
    last = 0

    def numbered(found: re.Match[str]) -> str:
        nonlocal last
        place, before = names.index(found["name"]) + 1, last
        last = place
        return f"%{'' if place == before + 1 else f'{place}$'}{found['way'] or 's'}"

    return _PLACE.sub(numbered, template)


@cache
def _positional() -> dict[str, str]:
    return {positional(template): template for template in refusals()}


def in_language(sql: str, language: str | None = None) -> str:
    """Return a text of SQL whose messages are those of a language, the one that was chosen by default."""
    language = language or chosen()
    if language == ENGLISH:
        return sql
    made, at = [], 0
    for begin, end, text in said_by(sql):
        translated = _translation(text, language)
        room = _LINE - (begin - sql.rfind("\n", 0, begin)) - (sql.find("\n", end) - end if "\n" in sql[end:] else 0)
        made += [sql[at:begin], sql[begin:end] if translated == text else _spelled(sql[begin], translated, room)]
        at = end
    return "".join([*made, sql[at:]])


def _translation(text: str, language: str) -> str:
    if language == PSEUDO:
        return f"⟦{_PLACE.sub(lambda found: f'⟨{found[0]}⟩', text)}⟧" if text.strip() != "run again" else text
    template = _positional().get(text)
    if template is None:
        return catalogue(language).get(text, (text,))[0]
    names = dict.fromkeys(found["name"] for found in _PLACE.finditer(template))
    return positional(catalogue(language).get(template, (template,))[0], names)


def _spelled(first: str, text: str, room: int) -> str:
    """Return a text as a literal, over as many lines as a console needs: those between which a line ends are one.

    Args:
        first: Of the literal that it stands for: an E, or the quote.
        text: What it says.
        room: Characters that are left of the line.
    """
    escape = first if first in "Ee" else ""
    if len(escape + (whole := quoted(text))) <= room:
        return f"{escape}{whole}"
    words = re.findall(r"\s*\S+\s*$|\s*\S+", text) or [text]
    pieces = [""]
    for word in words:
        if pieces[-1] and len(pieces[-1]) + len(word) > _WIDEST:
            pieces.append("")
        pieces[-1] += word
    return "\n" + escape + "\n".join(map(quoted, pieces)) + "\n"


def quoted(text: str) -> str:
    """Return a text as SQL spells it."""
    return "'{}'".format(text.replace("'", "''"))


class ServerMessage(Message):
    """What a server said of a run, in English: its templates are found where it is read in another language."""

    __slots__ = ()

    def __new__(cls, text: str) -> ServerMessage:
        made = super().__new__(cls, ("{text}",), {"text": text})
        assert isinstance(made, ServerMessage)
        return made

    def __reduce__(self) -> tuple[type[ServerMessage], tuple[object, ...]]:
        return ServerMessage, (str(self),)

    def changed(self, change: Callable[[str], str]) -> ServerMessage:
        """Return it with its text changed."""
        return ServerMessage(change(str(self)))

    def localized(self, language: str) -> str:
        """Return it in a language, each line by itself."""
        return "\n".join(_tell(line, language, outside=True) for line in self.split("\n"))


class _Tile(NamedTuple):
    """A template as it is found within a text: what it looks like, a piece that must be there, its translation."""

    pattern: re.Pattern[str]
    piece: str
    template: str
    translated: str
    names: list[str]


@cache
def _tiles(language: str) -> list[_Tile]:
    """The templates that a server's texts are made of, those with the most words first."""
    known = catalogue(PORTUGUESE)
    wanted = frozenset({*refusals(), *_COUNTED, *_KINDS})
    texts = [text for text in known if text in wanted or ("{" not in text and is_message(text))]
    tiles = [_tile(text, text if language == PSEUDO else catalogue(language).get(text, (text,))[0]) for text in texts]
    return sorted(tiles, key=lambda tile: -sum(map(str.isalpha, _PLACE.sub("", tile.template))))


def _tile(text: str, translated: str) -> _Tile:
    places = list(_PLACE.finditer(text))
    pieces = _PLACE.sub("\0", text).split("\0")
    names: list[str] = []
    looks = re.escape(pieces[0])
    for place, piece in zip(places, pieces[1:], strict=True):
        name = place["name"] or place["at"] or str(len(names) + 1)
        looks += f"(?P=v{name})" if name in names else f"(?P<v{name}>{_LOOKS.get(name, '.*?')})"
        looks += re.escape(piece)
        names.append(name)
    is_alone = not places and " " not in text.strip()
    begins = "^" if not pieces[0] or is_alone else r"(?<!\w)" if pieces[0][0].isalpha() else ""
    ends = "$" if not pieces[-1] or is_alone else r"(?!\w)" if pieces[-1][-1].isalpha() else ""
    if text == " of ":
        # Whose a function is.
        begins, ends = r"(?<=\))", ""
    elif text in _KINDS or text in _COUNTED:
        begins = "^" if text not in _COUNTED else r"(?<=\d )" if text not in _KINDS else r"(?:^|(?<=\d ))"
        ends = r"(?![^\s)])"
    elif is_alone and text != text.rstrip():
        # One of several things that are said of something.
        begins, ends = "(?:^|(?<=, ))", ""
    return _Tile(re.compile(begins + looks + ends), max(pieces, key=len), text, translated, names)


def _tell(text: str, language: str, outside: bool) -> str:
    """Return a line, or a value in one, with each template that it holds translated, and its values in turn."""
    for tile in _tiles(language):
        if tile.piece in text and (found := tile.pattern.search(text)):
            before, after = text[: found.start()], text[found.end() :]
            values = {name: _tell(found[f"v{name}"], language, outside=False) for name in tile.names}
            shown = _filled(tile.translated, values)
            shown = f"⟦{shown}⟧" if language == PSEUDO else shown
            return f"{_tell(before, language, outside)}{shown}{_tell(after, language, outside)}"
    return f"⟨{text}⟩" if language == PSEUDO and not outside and text else text


def _filled(template: str, values: dict[str, str]) -> str:
    """Return a template with the values of its places: by name, by number, or as they come."""
    turn = iter(values)
    return _PLACE.sub(lambda place: values[place["name"] or place["at"] or next(turn)], template)
