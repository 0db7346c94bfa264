"""How often a run was interrupted and how often its database survived, by kind, told at the end of the tests.

A test's counts travel in its report, so that they arrive from pytest-xdist's workers too.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

PROPERTY = "interruptions"


class Interruptions:
    """The counts of one test, by kind: tried, survived. `properties` are the test's, which its report carries."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._counts: dict[str, list[int]] = {}
        properties.append((PROPERTY, self._counts))

    @contextlib.contextmanager
    def one(self, kind: str) -> Iterator[None]:
        """Count an interruption, and that it was survived where what is asked inside holds."""
        counts = self._counts.setdefault(kind, [0, 0])
        counts[0] += 1
        yield
        counts[1] += 1


def summarise(terminalreporter: Any) -> None:
    """Print the counts of all tests, for pytest's hook of the end."""
    total: dict[str, list[int]] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", None) == "call":
                for name, counts in report.user_properties:
                    if name == PROPERTY:
                        for kind, (tried, survived) in counts.items():
                            now = total.setdefault(kind, [0, 0])
                            now[0] += tried
                            now[1] += survived
    if not total:
        return
    terminalreporter.section("interruptions")
    for kind, (tried, survived) in sorted(total.items()):
        terminalreporter.line(f"{kind}: tried {tried}, survived {survived}")
    tried, survived = (sum(counts[part] for counts in total.values()) for part in (0, 1))
    terminalreporter.line(f"interruptions tried: {tried}, survived: {survived}")
