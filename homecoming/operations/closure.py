"""Which of PostgreSQL's helpers a script needs: those that its statements call, and those that these call in turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# A definition begins at the margin, after its comment; bodies are indented.
_BOUNDARY = re.compile(r"\n\n(?=--|CREATE )")
_DEFINED = re.compile(
    r"^CREATE (?:OR REPLACE |TEMP )?(?:FUNCTION |PROCEDURE |TABLE )(?:IF NOT EXISTS )?(?:pg_temp\.)?(\w+)", re.MULTILINE
)
_USED = re.compile(r"pg_temp\.(\w+)")


class _Helper(NamedTuple):
    name: str
    text: str
    uses: frozenset[str]


def needed(statements: Iterable[str], files: Iterable[str]) -> list[str]:
    """Return the definitions that ``statements`` need, to the letter, in the order of ``files``.

    Arguments: ``statements``, which call helpers as ``pg_temp.<name>``; ``files``, the texts that define them.
    """
    helpers = [helper for text in files for helper in _helpers(text)]
    by_name: dict[str, list[_Helper]] = {}
    for helper in helpers:
        by_name.setdefault(helper.name, []).append(helper)
    wanted: set[str] = set()
    found = {name for statement in statements for name in _USED.findall(statement)}
    while found:
        wanted |= found
        found = {use for name in found for helper in by_name.get(name, ()) for use in helper.uses} - wanted
    return [helper.text for helper in helpers if helper.name in wanted]


def _helpers(text: str) -> Iterator[_Helper]:
    for part in _BOUNDARY.split(text.strip()):
        if defined := _DEFINED.search(part):
            yield _Helper(defined[1], part.strip().removesuffix(";"), frozenset(_USED.findall(part)))
