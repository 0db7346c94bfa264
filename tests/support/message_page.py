"""The page of all messages, `docs/messages.md`: each template, its translation, who says it, its exit code."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

from homecoming import errors, sql_texts
from homecoming.language import PORTUGUESE, catalogue
from tests.support import translations
from tests.support.history import ROOT

_PAGE = "homecoming/monitoring/page"
_FAILURES = ("Failure", "Answer")
"""Rows of tables: one of their arguments is the error that they end with."""


def page() -> str:
    """Return it: a table a room, its messages in the order of the alphabet."""
    said, translated = translations.messages(), catalogue(PORTUGUESE)
    places, codes = _places(), _codes()
    rooms: dict[str, list[str]] = defaultdict(list)
    for one in sorted(said):
        forms = translated.get(one, ())
        shown = " / ".join(filter(None, (one, said[one])))
        where = sorted(places[one])
        cells = (shown, " / ".join(dict.fromkeys(forms)), ", ".join(where), ", ".join(map(str, sorted(codes[one]))))
        rooms[_room(where[0])].append(f"| {' | '.join(map(_cell, cells))} |")
    lines = [
        "# Messages",
        "",
        "Written from the code by `python -m tests.support.documents`; a test holds it. Each message as it is written,",
        "with its values in braces or as %s, and a slash before the form for many; its Portuguese; who says it;",
        "and the exit code of the error it belongs to, where it belongs to one ([what the codes",
        "mean](reference.md#errors-by-exit-code)).",
        f"There are {len(said)} of them.",
        "",
    ]
    for room in sorted(rooms):
        lines += [
            f"## {room}",
            "",
            "| message | em português | said in | code |",
            "|---|---|---|---|",
            *rooms[room],
            "",
        ]
    return "\n".join(lines)


def _room(place: str) -> str:
    """Return the room of a file: the folder below its package, or the package."""
    parts = place.split("/")
    return "/".join(parts[:2]) if len(parts) > 2 else parts[0] if len(parts) == 2 else "make"


def _places() -> dict[str, set[str]]:
    """Return the files that say each message."""
    found: dict[str, set[str]] = defaultdict(set)
    for place, tree in _sources():
        for one, _ in translations._messages_of(tree):
            found[one].add(place)
    for place, sql in sql_texts.sources():
        for *_, one in sql_texts.said_by(sql):
            found[one].add(f"homecoming/{place}")
    for one in translations.sql_messages():
        found[one] = found[one] or {_by_name(one)}
    for one in translations.shell_messages():
        found[one] |= _shells(one)
    for one in translations.page_messages():
        found[one] = found[one] or {_PAGE}
    for name in ("homecoming/monitoring/alerts/rules.toml", "homecoming/authoring/judging/rules.toml"):
        text = (ROOT / name).read_text("utf-8")
        for one in translations.rule_messages():
            if one in text.replace('\\"', '"'):
                found[one].add(name)
    return found


def _by_name(one: str) -> str:
    """Return who says what stands in a table of its own: an operation's refusal, the answers, or the script."""
    if one in sql_texts.refusals():
        return f"homecoming/{sql_texts.MESSAGES}"
    return "homecoming/console/block.sql.mako" if "{" in one else "homecoming/connection/answers.py"


def _shells(one: str) -> set[str]:
    files = [ROOT / "Makefile", *(ROOT / "scripts").rglob("*.sh")]
    return {str(path.relative_to(ROOT)) for path in files if one in path.read_text("utf-8")}


def _sources() -> Iterator[tuple[str, ast.AST]]:
    for package in translations.PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def _codes() -> dict[str, set[int]]:
    """Return the exit codes of the errors that are made of each message."""
    ends = dict(_classes(errors.HomecomingError))
    trees = list(_sources())
    # Those that a room has for itself end as what they are a kind of.
    for _, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    if isinstance(base, ast.Name) and base.id in ends:
                        ends.setdefault(node.name, ends[base.id])
    found: dict[str, set[int]] = defaultdict(set)
    for _, tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                for code in _ends_of(node, ends):
                    for one, _ in translations._messages_of(node):
                        found[one].add(code)
    return found


def _classes(kind: type[errors.HomecomingError]) -> Iterator[tuple[str, int]]:
    yield kind.__name__, kind.exit_code
    for narrower in kind.__subclasses__():
        yield from _classes(narrower)


def _ends_of(call: ast.Call, ends: dict[str, int]) -> list[int]:
    """Return the exit code of the error that a call makes; or that a row of a table ends with."""
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    if name in ends:
        return [ends[name]]
    if name in _FAILURES:
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        named = [one.id for one in given if isinstance(one, ast.Name) and one.id in ends]
        return [ends[one] for one in named] or ([errors.Refused.exit_code] if name == "Answer" else [])
    return []


def _cell(text: str) -> str:
    """Return a text as it stands in a table, letter by letter."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace("\\", "\\\\").replace("\n", "\\\\n")
    return re.sub(r"([|*_`\[\]~#])", r"\\\1", text)
