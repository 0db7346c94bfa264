"""How a block is handed over: as it is, escaped for a console that splits at every semicolon, or as a folder."""

from __future__ import annotations

from itertools import pairwise

from homecoming.console.block import Block

STYLES = ("block", "escaped")

LONGEST = 118
"""Characters of a line; a literal that ends and begins again on the next line is one literal to PostgreSQL."""

_ESCAPES = {"\\": "\\\\", "'": "''", ";": "\\x3b", "$": "\\x24"}


def encoded(block: Block, style: str) -> str:
    """Return the script in one of the ``STYLES``."""
    if style == "escaped":
        return f"{block.header}DO E'\n{_escaped(block.body)}';\n"
    return f"{block.header}DO $run$\n{block.body}$run$;\n"


def _escaped(body: str) -> str:
    """Each line with its escapes; comments are for who reads a block, and left out."""
    return "".join(f"{_folded(line)}\n" for line in body.splitlines() if not line.lstrip().startswith("--"))


def _folded(line: str) -> str:
    """A line with its escapes; where that makes it too long, the literal goes on in the next one."""
    pieces = [_spelled(character) for character in line]
    cuts, width = [0], 0
    for place, piece in enumerate(pieces):
        if width + len(piece) > LONGEST:
            cuts.append(place)
            width = 1
        width += len(piece)
    return "'\n'".join("".join(pieces[first:last]) for first, last in pairwise([*cuts, len(pieces)]))


def _spelled(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
