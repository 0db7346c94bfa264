"""How the doctor's report looks: plain text in 80 columns, a line as soon as its step is done."""

from __future__ import annotations

import contextlib
import textwrap

from homecoming.candidates import Candidate
from homecoming.doctor.step import Step
from homecoming.language import localized, tr
from homecoming.terminal import say

WIDTH = 80
# "  note  preflight  "
MARGIN = 19


def heading(candidate: Candidate, number: int, of: int) -> None:
    """Say which candidate comes now."""
    if of > 1:
        layer = tr(candidate.layer)
        _print(
            tr(
                "Way {number} of {of}, {layer}: {candidate}",
                number=number,
                of=of,
                layer=layer,
                candidate=candidate,
            ),
            "",
            4,
        )
    else:
        _print(tr("Database: {database}", database=candidate), "", 4)


def line(step: Step) -> None:
    """Show a step."""
    _print(step.said, f"  {localized(tr(step.state)):<4}  {localized(tr(step.name)):<9}  ", MARGIN)


def advice(text: str) -> None:
    """Show the advice on a candidate, and leave a line free."""
    if text:
        _print(text, localized(tr("  Advice: ")), 10)
    _print("", "", 0)


def paragraph(text: str) -> None:
    """Show a sentence of its own."""
    _print(text, "", 0)


def _print(text: str, first: str, margin: int) -> None:
    # Long words and hyphens are left alone: a path or a statement is there to be copied. A line is a line, whatever
    # the server put into its words.
    words = " ".join(localized(text).split())
    wrapped = textwrap.wrap(
        words,
        WIDTH,
        initial_indent=first,
        subsequent_indent=" " * margin,
        break_long_words=False,
        break_on_hyphens=False,
    )
    # A reader may go away (`make doctor | head -1`).
    with contextlib.suppress(BrokenPipeError):
        for shown in wrapped or [first.rstrip()]:
            say(shown)
