"""The page speaks two languages: every word that data chooses has both, and the browser's wish is understood."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from homecoming.candidates import Layer
from homecoming.catalog.findings import ABSENT, KINDS
from homecoming.connection import failures_postgresql, failures_sqlite
from homecoming.history.configuration import configuration
from homecoming.language import PORTUGUESE, catalogue, tr
from homecoming.monitoring import page
from homecoming.monitoring.page import view
from homecoming.monitoring.page.texts import MONTHS, chosen, language
from tests.support.translations import page_messages

FOLDER = Path(page.__file__).parent
PT, EN = language("pt-BR"), language("en")
TRANSLATED = catalogue(PORTUGUESE)

FAILURES = (
    *failures_postgresql.FAILURES,
    *failures_sqlite.SQLITE_FAILURES,
    *failures_sqlite.SQLITE_ANSWERS,
    failures_postgresql.UNKNOWN_NETWORK,
    failures_postgresql.UNKNOWN_SQL,
)

WORDS = {
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
"""Every word that data chooses."""


def test_the_page_s_own_texts_are_found() -> None:
    found = page_messages()
    assert {"Skip to the content", "{count} earlier revision", "Not reachable"} <= found.keys()
    assert len(found) > 80


def test_every_word_that_data_chooses_has_a_translation() -> None:
    assert sorted(WORDS - TRANSLATED.keys()) == []


def test_every_revision_has_its_title_in_portuguese() -> None:
    titles = {revision.doc for revision in ScriptDirectory.from_config(configuration()).walk_revisions()}
    # What is missing, as it is to be written.
    assert [f'"{title}" = "..."  # in texts.toml, below [titles]' for title in sorted(titles - TRANSLATED.keys())] == []


def test_a_translation_has_the_commands_of_its_text() -> None:
    """A command that is translated, or lost, is advice that cannot be followed."""
    for english, forms in TRANSLATED.items():
        commands = r"make [a-z]+(?:-[a-z]+)*|\b[A-Z]+_[A-Z_]+\b|--[a-z]+"
        wanted = [
            text for text in re.findall(commands, english) if text.split()[-1] in {*TARGETS, "upgrade"} or "_" in text
        ]
        assert [text for text in wanted if text not in forms[0]] == [], english


TARGETS = re.findall(r"^([a-z-]+):", (FOLDER.parents[2] / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("text", "portuguese"),
    [
        ("the server is read-only", "o servidor só aceita leitura"),
        (tr("the database cannot be reached: {said}", said="no route"), "não se chega ao banco: no route"),
        ("something nobody has translated", "something nobody has translated"),
        ("a {brace} of a driver's", "a {brace} of a driver's"),
    ],
)
def test_a_text_of_another_room_is_translated(text: str, portuguese: str) -> None:
    assert PT(text) == portuguese
    assert EN(text) == text


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
