"""The catalogue of each language held against the messages of the code: `python -m tests.support.translations`.

It writes the catalogues sorted, says what has no translation, and takes away what nothing says any more.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from homecoming import sql_texts
from homecoming.connection import answers
from homecoming.language import PORTUGUESE, read_po
from tests.support.history import ROOT

PACKAGES = ("homecoming", "painel_migrations")
LOG_METHODS = {"debug", "info", "warning", "error", "log"}
# A value's place: {name}, {name:.1f}, %s, %-11s, %(name)s.
_VALUES = re.compile(r"\{[^{}]*\}|%(?:\(\w+\))?[-\d.]*[a-z]")
HEADER = """\
# Brazilian Portuguese. Sorted by msgid: python -m tests.support.translations sorts it and says what is missing.
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: pt_BR\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


def catalogue_file(language: str) -> Path:
    """Return where the catalogue of a language lies."""
    return ROOT / "homecoming" / "locale" / f"{language}.po"


def messages() -> dict[str, str]:
    """Return every message of the code: that of one, with that of many, or the empty text where no number decides."""
    found: dict[str, str] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            found |= dict(_messages_of(ast.parse(path.read_text("utf-8"))))
    # What stands around the values may be punctuation alone: there is nothing to translate.
    found = {one: many for one, many in found.items() if re.search(r"[^\W\d_]", _VALUES.sub("", one))}
    return found | page_messages() | dict.fromkeys({*shell_messages(), *rule_messages(), *sql_messages()}, "")


def sql_messages() -> set[str]:
    """Return what SQL says: the literals of its files that are messages, and the templates of refusals."""
    asked = [text for _, text in sql_texts.sources()] + [answers.explanation(), answers.suspicion()]
    found = {text for sql in asked for *_, text in sql_texts.said_by(sql)}
    template = (ROOT / "homecoming/console/block.sql.mako").read_text("utf-8")
    worded = {text.replace("\\'", "'") for text in re.findall(r"""\b_\((?:'|")(.*?)(?:'|")(?:, \w+=|\))""", template)}
    return found | worded | set(sql_texts.refusals())


def shell_messages() -> set[str]:
    """Return what the Makefile and the scripts say by way of scripts/language.sh: help by the line."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    found = {line for line in re.findall(r"^## ?(.*)$", makefile, re.MULTILINE) if line}
    found |= set(re.findall(r'\$\(SAY\) "([^"]*)"', makefile))
    for path in (ROOT / "scripts").rglob("*.sh"):
        said = r"\b(?:message|say|finish \S+|refuse(?: \d)?) '([^']*[A-Za-z][^']*)'"
        found |= set(re.findall(said, path.read_text("utf-8")))
    return found - {"%s"}


def page_messages() -> dict[str, str]:
    """Return what the status page's templates and its code ask the reader's language for."""
    found: dict[str, str] = {}
    for path in (ROOT / "homecoming/monitoring/page").glob("*.mako"):
        text = path.read_text("utf-8")
        for quote in ('"', "'"):
            quoted = f"{quote}([^{quote}]+){quote}"
            found |= dict.fromkeys(re.findall(rf"\bt(?:\.markup)?\({quoted}", text), "")
            found |= dict(re.findall(rf"\bt\.count\([^{quote}]*, {quoted}, {quoted}\)", text))
    for name in ("texts", "view"):
        tree = ast.parse((ROOT / f"homecoming/monitoring/page/{name}.py").read_text("utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called, texts = ast.unparse(node.func), [said for argument in node.args if (said := _text(argument))]
            if called in ("t", "self.t") and texts:
                found[texts[0]] = ""
            elif called in ("t.count", "self.count"):
                found[texts[0]] = texts[1]
    return found


def rule_messages() -> set[str]:
    """Return what the rules say: of alerts, and of what a new revision does."""
    alerts = _read("monitoring/alerts/rules.toml")["rule"]
    found = {rule[name] for rule in alerts for name in ("title", "todo", "resolved")}
    return found | {rule[name] for rule in _read("authoring/judging/rules.toml").values() for name in ("why", "safe")}


def _read(path: str) -> dict[str, Any]:
    return tomllib.loads((ROOT / "homecoming" / path).read_text("utf-8"))


def _messages_of(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        texts = [_text(argument) for argument in node.args]
        texts += [_text(arm) for one in node.args if isinstance(one, ast.IfExp) for arm in (one.body, one.orelse)]
        if called in ("tr", "mark") and texts[0] is not None:
            yield texts[0], ""
        elif called == "trn" and texts[0] is not None and texts[1] is not None:
            yield texts[0], texts[1]
        elif called in LOG_METHODS and _is_log(node.func):
            yield from ((text, "") for text in texts if text is not None)
        elif called == "tell" and len(node.args) > 4 and texts[4] is not None:
            yield texts[4], ""


def _is_log(function: ast.expr) -> bool:
    return isinstance(function, ast.Attribute) and "log" in ast.unparse(function.value).lower()


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def written(entries: dict[str, tuple[str, ...]], plurals: dict[str, str]) -> str:
    """Return a catalogue as a PO file, sorted."""
    lines = [HEADER]
    for one in sorted(entries):
        forms = entries[one]
        lines.append(f"msgid {_quoted(one)}")
        if plurals.get(one):
            lines.append(f"msgid_plural {_quoted(plurals[one])}")
            lines += [f"msgstr[{place}] {_quoted(form)}" for place, form in enumerate(forms)]
        else:
            lines.append(f"msgstr {_quoted(forms[0])}")
        lines.append("")
    return "\n".join(lines)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def main() -> None:
    """Sort the catalogue, and say what it lacks."""
    path, wanted = catalogue_file(PORTUGUESE), messages()
    entries = read_po(path.read_text("utf-8"))
    path.write_text(written({one: forms for one, forms in entries.items() if one in wanted}, wanted), "utf-8")
    for one in sorted(set(wanted) - set(entries)):
        print(_quoted(one), file=sys.stdout)


if __name__ == "__main__":
    main()
