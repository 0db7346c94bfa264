"""The revisions of the history, as its folder has them: for programs that run in a clone, too, where little else is."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

REVISIONS = tuple(sorted(path.name[:4] for path in (ROOT / "alembic" / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")))
"""Every revision of the history, the first one first. A developer adds to them, and no test needs another edit."""
HEAD = REVISIONS[-1]
NEXT = f"{int(HEAD) + 1:04d}"
"""The number that a revision of a test's own has."""


def counted(number: int) -> str:
    """Return a number of revisions as the messages say it."""
    return f"{number} revision{'' if number == 1 else 's'}"


def after(revision: str) -> int:
    """Return how many revisions come after this one; `base` comes before all."""
    return len(REVISIONS) if revision == "base" else len(REVISIONS) - 1 - REVISIONS.index(revision)
