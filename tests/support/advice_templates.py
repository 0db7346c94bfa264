"""Every template of SQL that is advised, found where messages are made, and which test runs it.

A template is a string with a statement in it: behind a mark in a sentence (`again: `, `See them: `), in PostgreSQL's
helpers as in Python, or anywhere in the few modules that do nothing but make advice. `advice_templates.toml` names for
each a test that runs it; a test that is named there and runs it no more fails (`tests/conftest.py`).
"""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.support.advice import VERB
from tests.support.history import ROOT

LIBRARY = ROOT / "homecoming"
TABLE = Path(__file__).with_suffix(".toml")

# Modules, and functions, whose statements are all advice.
_MAKERS = {
    "catalog/remedy.py": None,
    "catalog/rows.py": {"_behind", "_strays", "judge"},
    "catalog/access.py": {"open_to_all"},
    "connection/locks.py": {"end"},
    "monitoring/health_vitals.py": None,
    "operations/sqlite/faults.py": {"see"},
    "operations/postgresql/15_faults.sql": {"see"},
    "operations/postgresql/80_retire.sql": {"begin_way_back"},
}
_MARK = re.compile(r"(?:[a-z)]: |[a-z]\. |\bor |[a-z]; )$")
# A call that runs its statement, in place of saying it.
_RUN = {"exec_driver_sql", "execute", "executescript", "text", "fullmatch", "search", "compile", "startswith"}
# What makes a message of a template, whose values have names.
_MESSAGES = {"tr", "trn", "mark"}
# What a run sets for itself.
_OURS = ("SET LOCAL ", "SET CONSTRAINTS ", "SELECT set_config(")
# Where a statement may begin in what makes nothing but advice: an action of ALTER TABLE follows what is filled in.
_BEGINS = re.compile(r"^(?:\{\w*\},? )?$|; $")
_SAID_TO_END = re.compile(r"; |\. (?=[A-Z])|, (?:then|and|or) |\)? or \w|$")


def _of_python(path: Path, makes: set[str] | None, is_maker: bool) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def around(node: ast.AST) -> Iterator[ast.AST]:
        while (node := above.get(node)) is not None:  # type: ignore[assignment]  # the module has none above it
            yield node

    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        outer = list(around(node))
        calls = {
            call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            for call in outer
            if isinstance(call, ast.Call)
        }
        functions = {each.name for each in outer if isinstance(each, ast.FunctionDef)}
        if isinstance(outer[0], ast.JoinedStr | ast.Expr):
            continue
        if calls & _MESSAGES:
            text = re.sub(r"\{\w+(?:!r)?(?::[^{}]*)?\}", "{}", text)
        if calls & _RUN:
            # A statement may make advice itself.
            for literal in re.findall(r"format\('([^']*)'", text):
                yield from _cut(re.sub(r"%[sIL]", "{}", literal), anywhere=True)
            continue
        yield from _cut(text, anywhere=is_maker and (makes is None or bool(functions & makes)))


def _of_sql(path: Path, is_maker: bool) -> Iterator[str]:
    text = re.sub(r"^\s*(?:--|##).*$", "", path.read_text(), flags=re.MULTILINE)
    for function in re.split(r"(?=CREATE OR REPLACE)", text):
        makes = is_maker and re.match(r"CREATE OR REPLACE (?:FUNCTION|PROCEDURE) pg_temp\.(\w+)", function)
        # Literals with nothing but a line's end between them are one.
        for literal in re.findall(r"'((?:[^']|''|'\s*\n\s*')*)'", function):
            one = re.sub(r"'\s*\n\s*'", "", literal).replace("''", "'")
            one = re.sub(r"%(?:\d\$)?[sIL]", "{}", one)
            yield from _cut(one, anywhere=bool(makes and makes[1] in (_MAKERS.get(_name(path)) or ())))


def _of_toml(path: Path) -> Iterator[str]:
    for parts in tomllib.loads(path.read_text()).values():
        for part, text in parts.items():
            for one in text.values() if isinstance(text, dict) else (text,):
                yield from _cut(re.sub(r"\{\w+(?::[IL])?\}", "{}", one), anywhere=part == "see")


def _cut(text: str, anywhere: bool) -> Iterator[str]:
    """The statements of a string, each from its verb to where the sentence goes on."""
    text = " ".join(text.split())
    for found in VERB.finditer(text):
        before = text[: found.start()]
        if text.startswith(_OURS, found.start()):
            continue
        if _MARK.search(before) or (anywhere and _BEGINS.search(before)):
            end = _SAID_TO_END.search(text, found.end())
            yield text[found.start() : end.start() if end else None].rstrip(" ;")


def _name(path: Path) -> str:
    return str(path.relative_to(LIBRARY))


@cache
def templates() -> dict[str, str]:
    """Each template with the file it is made in; what is filled in is `{}`."""
    found: dict[str, str] = {}
    for path in sorted(LIBRARY.rglob("*")):
        name = _name(path)
        if path.suffix == ".py":
            texts = _of_python(path, _MAKERS.get(name), name in _MAKERS)
        elif path.suffix == ".mako" and "page" in path.parts:
            continue
        elif path.suffix in (".sql", ".mako"):
            texts = _of_sql(path, name in _MAKERS)
        elif path.name == "messages.toml":
            texts = _of_toml(path)
        else:
            continue
        for text in texts:
            found.setdefault(text, name)
    return found


@cache
def pattern(template: str) -> re.Pattern[str]:
    """What statements made from a template look like."""
    parts = (re.escape(part) for part in re.split(r"\{\w*\}|\.\.\.", template))
    return re.compile(r"[\s\S]*?".join(parts))


@cache
def claims() -> dict[str, str]:
    """The test that runs each template."""
    return tomllib.loads(TABLE.read_text()) if TABLE.exists() else {}


def those_of(statements: list[str]) -> set[str]:
    """The templates that statements are made from."""
    flat = [" ".join(statement.split()) for statement in statements]
    return {template for template in templates() if any(pattern(template).search(each) for each in flat)}


def check(test: str, tried: list[str]) -> None:
    """Raise AssertionError where a test did not run a template that the table says it runs."""
    claimed = {template for template, by in claims().items() if by == test}
    assert not claimed or claimed <= those_of(tried), f"not run any more: {sorted(claimed - those_of(tried))}"


def record(test: str, tried: list[str]) -> None:
    """Append what a test ran to the file that ADVICE_RECORD names, to make the table anew from."""
    if tried and (place := os.environ.get("ADVICE_RECORD")):
        with Path(place).open("a") as file:
            file.writelines(f"{json.dumps([template, test])}\n" for template in sorted(those_of(tried)))


def make_table(records: Path) -> None:
    """Write the table anew from what tests recorded: of those that ran a template, the one with the shortest name."""
    by: dict[str, list[str]] = {}
    for line in records.read_text().splitlines():
        template, test = json.loads(line)
        by.setdefault(template, []).append(test)
    known = [template for template in sorted(templates()) if template in by]
    # A text of JSON is one of TOML.
    rows = [f"{json.dumps(each)} = {json.dumps(min(by[each], key=lambda test: (len(test), test)))}" for each in known]
    head = (
        "# Which test runs each template of SQL that is advised: advice_templates.py. To make it anew, after the tests",
        "# with ADVICE_RECORD=FILE: python -m tests.support.advice_templates FILE",
    )
    TABLE.write_text("\n".join([*head, *rows, ""]))


if __name__ == "__main__":
    make_table(Path(sys.argv[1]))
