"""Whoever reads one of the two pages for a failed deployment does the same as whoever reads the other."""

import re
from pathlib import Path

import pytest

from tests.support.emergency import ENGLISH, PORTUGUESE, sections
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
    english, portuguese = (sections(page.read_text()) for page in ENDINGS)
    assert len(english) == len(portuguese) > len(SYMPTOMS)
    for one, other in zip(english, portuguese, strict=True):
        assert (one.commands, one.answers) == (other.commands, other.answers), one.heading


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
