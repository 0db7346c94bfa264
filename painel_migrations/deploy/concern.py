"""What the parts of the preflight say, and what they have in common."""

from __future__ import annotations

from typing import NamedTuple

# Tables of the application that head no longer has.
FORMER_TABLES = {"produtos_categorias"}


class Concern(NamedTuple):
    """One thing in the way of a run, or worth knowing: what it is and what to do, a line each, never a row's data."""

    refuses: bool
    what: str
    todo: str
