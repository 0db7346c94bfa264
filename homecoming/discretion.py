"""What must not be shown, whatever it came in: personal numbers, addresses, passwords; and what is too long to be read.

A definition is no row, but whoever wrote a default or an application's name may have put somebody's CPF into it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "•••"

# Not compiled until there is something to look through: it takes milliseconds.
_PERSONAL = (
    r"(?<!\d)\d{3}[.\s]?\d{3}[.\s]?\d{3}[-\s]?\d{2}(?!\d)"  # CPF
    # CNPJ, which without its points may be the time in the name of somebody's copy of a table.
    r"|(?<!\d)\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}(?!\d)"
    # An e-mail address, whose name has 64 characters at most: an unbounded search would take a minute in a long text.
    r"|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
)
_CREDENTIALS = r"(?i)(?<=://)[^\s/@]{1,2000}@|(?<=password=)\S+"

# Characters of one text: a function's body is longer, and nobody reads it here.
LONGEST = 600
# Characters of it that are looked through for what must not be shown.
READ = 20 * LONGEST


def discreet(text: str) -> str:
    """Return a text without what must not be shown."""
    return re.sub(_PERSONAL, HIDDEN, re.sub(_CREDENTIALS, HIDDEN, text))


def discreet_document(value: Any) -> Any:
    """Return a document of JSON with every text in it discreet; numbers stay what they are."""
    if isinstance(value, str):
        return discreet(value)
    if isinstance(value, Mapping):
        return {name: discreet_document(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [discreet_document(one) for one in value]
    return value


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text of at most ``longest`` characters; where it is cut, it ends in an ellipsis."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
