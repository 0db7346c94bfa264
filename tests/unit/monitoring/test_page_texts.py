"""The page speaks two languages: every text has both, none is left over, and the browser's wish is understood."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from alembic.script import ScriptDirectory

from homecoming.candidates import Layer
from homecoming.catalog import reasons
from homecoming.catalog.findings import ABSENT, KINDS
from homecoming.connection import failures_postgresql, failures_sqlite
from homecoming.history.configuration import configuration
from homecoming.monitoring import health, health_backups, health_vitals, page
from homecoming.monitoring.page import chart, texts, view
from homecoming.monitoring.page.texts import MONTHS, chosen, language, tables
from homecoming.monitoring.web import application, shared_look

FOLDER = Path(page.__file__).parent
PT, EN = language("pt-BR"), language("en")
TRANSLATED = set(PT.table)

FAILURES = (
    *failures_postgresql.FAILURES,
    *failures_sqlite.SQLITE_FAILURES,
    *failures_sqlite.SQLITE_ANSWERS,
    failures_postgresql.UNKNOWN_NETWORK,
    failures_postgresql.UNKNOWN_SQL,
)


def _plain(node: ast.AST) -> set[str]:
    """The text that an expression is, or those that it chooses between."""
    if isinstance(node, ast.IfExp):
        return _plain(node.body) | _plain(node.orelse)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "mark":
        return _plain(node.args[0])
    return {node.value} - {""} if isinstance(node, ast.Constant) and isinstance(node.value, str) else set()


def _constants(node: ast.AST) -> set[str]:
    return {
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value
    }


def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


def check_templates() -> set[str]:
    """Every text that a check of health is made with, by the code that makes it."""
    found: set[str] = set()
    for module in (health, health_backups, health_vitals):
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Check":
                for argument in node.args[2:4]:
                    found |= _plain(argument)
                    if isinstance(argument, ast.Name) and isinstance(getattr(module, argument.id, None), str):
                        found.add(getattr(module, argument.id))
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("what", "todo"):
                found |= _plain(node.value)
    return found


def said_in_templates() -> set[str]:
    """Every text that a template asks the language for."""
    found = set()
    for path in FOLDER.glob("*.mako"):
        text = path.read_text()
        for quote in ('"', "'"):
            said = f"{quote}([^{quote}]+){quote}"
            found |= set(re.findall(rf"\bt(?:\.markup)?\({said}", text))
            for one, many in re.findall(rf"\bt\.count\([^{quote}]*, {said}, {said}\)", text):
                found |= {one, many}
    return found


def said_in_code() -> set[str]:
    """Every text that the page's code asks the language for."""
    found: set[str] = set()
    for module in (view, texts, application):
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Call) and re.fullmatch(
                r"(self\.)?t(\.count)?|self|self\.count", ast.unparse(node.func)
            ):
                found |= {text for argument in node.args for text in _plain(argument)}
    return found


def reason_sentences() -> set[str]:
    """Every sentence of why something matters."""
    return {text for text in _constants(_tree(reasons)) if text.endswith(".") and text != (reasons.__doc__ or "")} - {
        *_docstrings(reasons)
    }


def _docstrings(module: ModuleType) -> Iterator[str]:
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef):
            yield ast.get_docstring(node, clean=False) or ""


def words() -> set[str]:
    """Every word that data chooses."""
    return {
        *KINDS,
        ABSENT,
        *(str(layer) for layer in Layer),
        *(failure.name for failure in FAILURES),
        *view.OUTCOMES.values(),
        *view.RESULTS.values(),
        *view.CHECK_NAMES.values(),
        *view.RETIRED_KINDS,
        view.OTHER_KIND,
        *page.WORDS.values(),
        *MONTHS,
        *("connected", "nothing to do"),
        *("upgrade", "downgrade", "stamp", "command", "alembic", "start-up", "console"),
    }


def error_texts() -> set[str]:
    """Every text of an error of the connection."""
    return {text for failure in FAILURES for text in (failure.what, failure.todo)} - {"{said}"}


NEEDED = said_in_templates() | said_in_code() | reason_sentences() | words() | error_texts() | check_templates()


@pytest.mark.parametrize(
    "found", [check_templates, said_in_templates, said_in_code, reason_sentences, words, error_texts]
)
def test_the_search_for_texts_finds_some(found: object) -> None:
    assert callable(found)
    assert len(found()) >= 10


def test_every_text_has_a_translation() -> None:
    assert not NEEDED - TRANSLATED


def test_no_translation_is_left_over() -> None:
    titles = {revision.doc for revision in ScriptDirectory.from_config(configuration()).walk_revisions()}
    elsewhere = set(tables()["errors"]) | set(tables()["values"]) | {application.ONLY_HERE, application.LOG_IN}
    assert not TRANSLATED - NEEDED - titles - elsewhere


def test_every_revision_has_its_title_in_portuguese() -> None:
    titles = {revision.doc for revision in ScriptDirectory.from_config(configuration()).walk_revisions()}
    # What is missing, as it is to be written.
    assert [f'"{title}" = "..."  # in texts.toml, below [titles]' for title in sorted(titles - TRANSLATED)] == []


def test_a_text_stands_in_one_table_only() -> None:
    assert sum(map(len, tables().values())) == len(TRANSLATED)


def test_a_translation_has_the_fields_of_its_text() -> None:
    for english, portuguese in PT.table.items():
        assert sorted(re.findall(r"\{[^}]*\}", english)) == sorted(re.findall(r"\{[^}]*\}", portuguese)), english


def test_a_translation_has_the_commands_of_its_text() -> None:
    """A command that is translated, or lost, is advice that cannot be followed."""
    for english, portuguese in PT.table.items():
        commands = r"make [a-z]+(?:-[a-z]+)*|\b[A-Z]+_[A-Z_]+\b|--[a-z]+"
        wanted = [
            text for text in re.findall(commands, english) if text.split()[-1] in {*TARGETS, "upgrade"} or "_" in text
        ]
        assert [text for text in wanted if text not in portuguese] == [], english


TARGETS = re.findall(r"^([a-z-]+):", (FOLDER.parents[2] / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "portuguese"),
    [
        ("the server is read-only", "o servidor é somente leitura"),
        ("the database cannot be reached: no route", "não se chega ao banco: no route"),
        (
            "See that the server runs and PGHOST in .env has its host and port, then run again",
            "Veja se o servidor está no ar e se PGHOST in .env tem o servidor e a porta dele, e execute de novo",
        ),
        ("table a, table b and 12 more", "table a, table b e mais 12"),
        ("something nobody has translated", "something nobody has translated"),
        ("a {brace} of a driver's", "a {brace} of a driver's"),
    ],
)
def test_a_text_whose_fields_are_filled_is_translated_by_its_form(text: str, portuguese: str) -> None:
    assert PT.told(text) == portuguese
    assert EN.told(text) == text


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("pt", "pt-BR"),
        ("pt-BR,pt;q=0.9,en;q=0.8", "pt-BR"),
        ("PT-pt", "pt-BR"),
        ("en-US,en;q=0.9,pt;q=0.8", "en"),
        ("en;q=0.3, pt;q=0.7", "pt-BR"),
        ("de, fr;q=0.9, pt;q=0.1", "pt-BR"),
        ("de", "en"),
        ("pt;q=0", "en"),
        ("pt;q=0, en;q=0", "en"),
        ("pt;q=nan", "en"),
        ("pt;q=9", "en"),
        ("pt; q=1.000", "pt-BR"),
        (",;,;q=,pt;level=1", "en"),
        ("ptx", "en"),
        ("*", "en"),
        ("pt," * 100_000, "pt-BR"),
    ],
)
def test_the_browsers_language(header: str, code: str) -> None:
    assert chosen(header) == code


@pytest.mark.parametrize(
    ("seconds", "english", "portuguese"),
    [
        (0, "0.0 ms", "0,0 ms"),
        (0.0004, "0.4 ms", "0,4 ms"),
        (0.0123, "12 ms", "12 ms"),
        (1.25, "1.2 s", "1,2 s"),
        (61, "61 s", "61 s"),
        (7000, "117 min", "117 min"),
        (10_000, "3 h", "3 h"),
        (300_000, "3 days", "3 dias"),
    ],
)
def test_durations(seconds: float, english: str, portuguese: str) -> None:
    assert (EN.seconds(seconds), PT.seconds(seconds)) == (english, portuguese)


def test_sizes_numbers_and_times() -> None:
    assert (EN.size(0), EN.size(1500), PT.size(1500), EN.size(48_300_000), EN.size(999_900)) == (
        *("0 B", "1.5 kB", "1,5 kB", "48 MB", "1.0 MB"),
    )
    assert (EN.number(1_234_567), PT.number(1_234_567)) == ("1,234,567", "1.234.567")
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert (EN.moment(moment), PT.moment(moment, exact=True)) == ("3 Feb 2026, 04:05", "3 fev. 2026, 04:05:06")


def test_numbers_in_a_text_are_written_as_its_language_does() -> None:
    template, values = "{milliseconds:.2f} ms a round trip", {"milliseconds": 1234.56}
    assert (EN.format(template, values), PT.format(template, values)) == (
        *("1234.56 ms a round trip", "1234,56 ms de ida e volta"),
    )


def test_modules_that_say_nothing_say_nothing() -> None:
    assert {
        text for module in (chart, shared_look) for text in _constants(_tree(module)) if text in TRANSLATED
    } == set()
