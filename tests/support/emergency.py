"""The two pages for a failed deployment, as values: what they name, show and answer, in their order."""

from __future__ import annotations

import re
from itertools import product
from typing import NamedTuple

from homecoming.language import catalogue
from tests.support.history import ROOT

ENGLISH, PORTUGUESE = (ROOT / "docs" / name for name in ("emergency.md", "emergencia.md"))

SAME = {"(head)", "FAIL"}
"""What the product prints in every language: a revision's place, and how bad a finding is."""

_MAKE = re.compile(r"`(make [^`\n]+)`|^ {4}(make .*)$", re.MULTILINE)


class Section(NamedTuple):
    """A heading, and what stands below it until the next one."""

    heading: str
    text: str

    @property
    def symptom(self) -> str | None:
        """The words that a person sees, where the heading is nothing else."""
        found = re.fullmatch(r"`(.*)`", self.heading)
        return found and found[1]

    @property
    def commands(self) -> list[str]:
        """The commands of make, as they are written."""
        return ["".join(found) for found in _MAKE.findall(self.text)]

    @property
    def answers(self) -> list[str]:
        """What the commands say, by the first column of its table."""
        return re.findall(r"^\| `([^`]+)` \|", self.text, re.MULTILINE)


def sections(text: str) -> list[Section]:
    """The sections of a page, whatever their level; what stands before the first heading is the page's own."""
    parts = re.split(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return [Section(*pair) for pair in zip(parts[1::2], parts[2::2], strict=True)]


def symptoms() -> dict[str, Section]:
    """The sections of the English page that begin with what a person sees."""
    return {section.symptom: section for section in sections(ENGLISH.read_text()) if section.symptom}


def translated(english: str, portuguese: str) -> bool:
    """Whether a quote of a page is what the other's quote is in Portuguese: by one message, or by two in a row.

    A quote is a piece of a message. A word that both have, such as a revision, may stand in the place of a value.
    """
    if english == portuguese:
        return english in SAME
    if _by_one(english, portuguese):
        return True
    one, other = english.split(), portuguese.split()
    return any(
        _by_one(" ".join(one[:i]), " ".join(other[:j])) and _by_one(" ".join(one[i:]), " ".join(other[j:]))
        for i, j in product(range(1, len(one)), range(1, len(other)))
    )


def _by_one(english: str, portuguese: str) -> bool:
    shared = set(english.split()) & set(portuguese.split())
    if shared >= {*english.split(), *portuguese.split()}:
        return False
    one, other = _looks(english, shared), _looks(portuguese, shared)
    return any(
        one.search(text) and other.search(said)
        for text, forms in catalogue("pt").items()
        for said in forms
        if text != said
    )


def _looks(quote: str, shared: set[str]) -> re.Pattern[str]:
    """What a piece of a message looks like in its template."""
    words = (rf"(?:{re.escape(word)}|\{{\w+\}}|%s)" if word in shared else re.escape(word) for word in quote.split())
    return re.compile(r"(?<!\w)" + r"\s".join(words) + r"(?!\w)")
