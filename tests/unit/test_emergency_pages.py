"""Whoever reads one of the two pages for a failed deployment does the same as whoever reads the other."""

import re
from collections import Counter
from pathlib import Path

import pytest

from tests.support.emergency import ENGLISH, PORTUGUESE, sections, translated
from tests.support.history import ROOT

SYMPTOMS = [
    "server closed the connection unexpectedly",
    'could not translate host name "postgres.railway.internal"',
    "invalid input value for enum tipousuario",
    "is not among the defined enum values",
    "already exists",
    "column ... does not exist",
    "lock timeout",
    "database is locked",
]
ENDINGS = {ENGLISH: ("Stop: ", "Go back: ", "Restore: "), PORTUGUESE: ("Parar: ", "Voltar: ", "Restaurar: ")}
BOTH = pytest.mark.parametrize("page", ENDINGS, ids=lambda page: page.name)


@BOTH
def test_a_page_has_every_symptom(page: Path) -> None:
    assert [section.symptom for section in sections(page.read_text()) if section.symptom] == SYMPTOMS


def test_both_show_the_same_commands_and_answers_in_the_same_order() -> None:
    """Each in its own language: the product's answers there are the translations of those here, by the catalogue."""
    english, portuguese = (sections(page.read_text()) for page in ENDINGS)
    assert len(english) == len(portuguese) > len(SYMPTOMS)
    for one, other in zip(english, portuguese, strict=True):
        said = zip(one.answers, other.answers, strict=True)
        assert [pair for pair in said if not translated(*pair)] == [], one.heading
        both = zip(one.commands, other.commands, strict=True)
        assert [pair for pair in both if pair[0] != pair[1]] == [], one.heading


def test_what_they_quote_in_a_sentence_is_translated_as_well() -> None:
    """What one page has between backticks and the other has not is a message, and the other has its pair."""
    quotes = re.compile(r"`((?!MIGRATION_LANG=)[^`\n]+)`")
    english, portuguese = (Counter(quotes.findall(page.read_text())) for page in ENDINGS)
    ours, theirs = english - portuguese, portuguese - english
    assert {"Next:", "At:", "Not migrated:", "healthy"} <= set(ours)
    assert [one for one in ours if not any(translated(one, other) for other in theirs)] == []
    assert [other for other in theirs if not any(translated(one, other) for one in ours)] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("No way leads", "No way leads"),
        ("Pending: 0020", "Pendente: 0021"),
        ("Next:", "Nenhum caminho"),
        ("FAIL", "FALHA"),
    ],
)
def test_an_answer_that_is_no_translation_is_found(one: str, other: str) -> None:
    assert not translated(one, other)


def test_both_are_of_one_shape() -> None:
    """What one says in a row, a line or a link, the other says there, too."""

    def shape(page: Path) -> list[tuple[str, int]]:
        blocks = page.read_text().split("\n\n")
        return [(block[:2] if block[0] in "#| 1234" else "", block.count("](")) for block in blocks]

    assert shape(ENGLISH) == shape(PORTUGUESE)


@BOTH
def test_each_symptom_begins_with_a_command_and_says_the_ways_out(page: Path) -> None:
    for section in sections(page.read_text()):
        if section.symptom:
            assert section.answers, section.heading
            assert re.search(r"^ {4}make (\w+)$", section.text, re.MULTILINE), section.heading
            assert [ending for ending in ENDINGS[page] if section.text.count(ending) != 1] == [], section.heading


@BOTH
def test_each_link_into_the_page_arrives(page: Path) -> None:
    text = page.read_text()
    there = {re.sub(r"[^\w -]", "", section.heading.lower()).replace(" ", "-") for section in sections(text)}
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= there


def test_the_readme_leads_to_both_at_its_top() -> None:
    top = (ROOT / "README.md").read_text().partition("\n\n")[2].partition("\n\n")[0]
    assert re.findall(r"\]\(([^)]+)\)", top) == ["docs/emergency.md", "docs/emergencia.md"]
