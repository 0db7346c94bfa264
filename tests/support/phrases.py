"""Find the phrases of the console script's shorthand anew: ``python -m tests.support.phrases``, some minutes.

Which they are decides about the script's size alone: for who has changed much in the helpers, or needs room in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from homecoming.console.shorthand import PHRASES_FILE, SHORT
from tests.support.pasting import helpers_of, script

LONGEST = 20
"""Characters of a phrase; one that stands for an earlier phrase is one."""
AT_ONCE = 6
"""How many are taken from one count: afterwards all are counted anew, since what they share is gone."""
FORBIDDEN = frozenset("\n'\\$")
"""A list of them is written between quotes, in a few long lines, within a text in dollars."""
FIRST = 0xE000
"""While they are counted each phrase is one character, from here on: no text has them."""


class Search:
    """A text that becomes shorter as phrases are found in it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.found: list[str] = []

    def cost(self, phrase: str) -> int:
        """What it takes in the script."""
        return sum(1 if ord(sign) < FIRST else self.length(ord(sign) - FIRST) for sign in phrase)

    def length(self, nth: int) -> int:
        """Of the code that the nth phrase has."""
        return 2 if nth < SHORT else 3

    def gain(self, phrase: str) -> int:
        """What the script loses by it: its place in the list costs quotes and a comma."""
        code, cost = self.length(len(self.found)), self.cost(phrase)
        return self.text.count(phrase) * (cost - code) - (cost + code + 3)

    def candidates(self) -> list[str]:
        """The most promising, by a count that takes overlaps for two."""
        best: Counter[str] = Counter()
        pieces = [piece for line in self.text.split("\n") for piece in _split(line)]
        for size in range(2, LONGEST + 1):
            counts = Counter(piece[at : at + size] for piece in pieces for at in range(len(piece) - size + 1))
            frequent = {phrase: count for phrase, count in counts.items() if count > 2}
            if not frequent:
                break
            best.update({phrase: count * (self.cost(phrase) - 2) for phrase, count in frequent.items()})
            best = Counter(dict(best.most_common(60)))
        return sorted((phrase for phrase, _ in best.most_common()), key=self.gain, reverse=True)

    def take(self, phrase: str) -> None:
        """Have a phrase, and replace it."""
        self.text = self.text.replace(phrase, chr(FIRST + len(self.found)))
        self.found.append(phrase)

    def spelled(self, phrase: str) -> str:
        """A phrase in the script's own characters."""
        return "".join(sign if ord(sign) < FIRST else self.spelled(self.found[ord(sign) - FIRST]) for sign in phrase)

    def run(self) -> list[str]:
        """Every phrase that is worth its place."""
        while (least := self.gain((candidates := self.candidates())[0])) > 0:
            for phrase in candidates[:AT_ONCE]:
                if self.gain(phrase) > 0.8 * least:
                    self.take(phrase)
        return [self.spelled(phrase) for phrase in self.found]


def _split(line: str) -> Iterator[str]:
    """The stretches of a line that may be in a phrase."""
    piece = ""
    for sign in line:
        if sign in FORBIDDEN:
            yield piece
            piece = ""
        else:
            piece += sign
    yield piece


if __name__ == "__main__":
    found = Search(helpers_of(script("sql"))).run()
    PHRASES_FILE.write_text("".join(f"|{phrase}|\n" for phrase in found), "utf-8")
