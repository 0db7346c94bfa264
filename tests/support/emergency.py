"""The two pages for a failed deployment, as values: what they name, show and answer, in their order."""

from __future__ import annotations

import re
from typing import NamedTuple

from tests.support.history import ROOT

ENGLISH, PORTUGUESE = (ROOT / "docs" / name for name in ("emergency.md", "emergencia.md"))

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
