"""What the helpers of the console script say most, in two or three characters each: a console takes 150 kB.

The script spells its helpers out before it runs them, so what runs is what `make upgrade` runs. Which phrases these are
decides about the size alone: `python -m tests.support.phrases` finds them anew by counting, the most profitable first.
"""

from __future__ import annotations

import string
from collections.abc import Iterable
from functools import cache
from itertools import chain, product
from pathlib import Path
from typing import NamedTuple

PHRASES_FILE = Path(__file__).with_name("phrases.txt")
"""A phrase a line, between bars: a blank at either end counts."""

SIGNS = "#`/"
LONG_SIGN = "@"
"""What a code of two characters begins with, and one of three. None is within a code: each is found as it stands."""

# No quote, and nothing that a console or the escaped style would read otherwise, such as the beginning of a comment.
_CHARACTERS = f"{string.ascii_letters}{string.digits}!&+-.:<=>?^_|~,()[]{{}}"
SHORT = len(SIGNS) * len(_CHARACTERS)
"""How many codes of two characters there are."""

# A sign that a helper has itself, such as a default that is a colour.
_THEMSELVES = [*((f"{sign}%", sign) for sign in SIGNS), (f"{LONG_SIGN}%%", LONG_SIGN)]


class Shorthand(NamedTuple):
    """A text in shorthand, and the codes that it needs with their phrases, in the order in which to spell them out."""

    text: str
    phrases: list[tuple[str, str]]


class _Phrases:
    """The phrases by their first two characters, the longest first, each with its place and its code."""

    def __init__(self) -> None:
        self.every = [line[1:-1] for line in PHRASES_FILE.read_text("utf-8").splitlines()]
        short = map("".join, product(SIGNS, _CHARACTERS))
        codes = chain(short, map("".join, product(LONG_SIGN, _CHARACTERS, _CHARACTERS)))
        self.codes = dict(zip(self.every, codes, strict=False))
        self._beginning: dict[str, list[tuple[str, int, str]]] = {}
        for place, (phrase, code) in enumerate(self.codes.items()):
            self._beginning.setdefault(phrase[:2], []).append((phrase, place, code))
        for alike in self._beginning.values():
            alike.sort(key=lambda entry: -len(entry[0]))

    def shorten(self, text: str, before: int) -> str:
        """Return a text with the longest phrase wherever one begins, of those that come before a place."""
        made, at, signs = [], 0, {sign: code for code, sign in _THEMSELVES}
        while at < len(text):
            for phrase, place, code in self._beginning.get(text[at : at + 2], ()):
                if place < before and text.startswith(phrase, at):
                    made.append(code)
                    at += len(phrase)
                    break
            else:
                made.append(signs.get(text[at], text[at]))
                at += 1
        return "".join(made)


@cache
def _phrases() -> _Phrases:
    return _Phrases()


@cache
def steps() -> list[tuple[str, str]]:
    """Return each code with its phrase, in the shorthand of the phrases before it."""
    phrases = _phrases()
    return [(code, phrases.shorten(phrase, place)) for place, (phrase, code) in enumerate(phrases.codes.items())]


def shortened(helpers: Iterable[str]) -> Shorthand:
    """Return the helpers as one text, in shorthand.

    Raises:
        ValueError: one holds what ends the text in the script.
    """
    text = "".join(f"{helper};\n" for helper in helpers)
    if "$short$" in text:
        raise ValueError("a helper holds $short$, which ends all of them in the script")
    text = _phrases().shorten(text, len(steps()))
    needed, used = [], text
    for code, phrase in (*reversed(steps()), *_THEMSELVES):
        if code in used:
            needed.append((code, phrase))
            used += f"\n{phrase}"
    return Shorthand(text, needed)


def spelled_out(shorthand: Shorthand) -> str:
    """Return a text in shorthand as it was: what the script does before it runs it."""
    text = shorthand.text
    for code, phrase in shorthand.phrases:
        text = text.replace(code, phrase)
    return text
