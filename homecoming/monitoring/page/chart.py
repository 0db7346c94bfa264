"""How long each revision took, as a small chart: bars in an SVG that stretches, words around it in HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from homecoming.monitoring.snapshot import Step

# Units of the drawing: it is stretched to the width of its column, so that only proportions count.
HEIGHT = 100.0
WIDTH = 10.0
GAP = 3.0
LEAST = 1.5


@dataclass(frozen=True)
class Bar:
    """One revision's bar: where it stands in the drawing, and what it says."""

    step: Step
    seconds: float
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class Chart:
    """The bars, first revision to last; ``width`` of the drawing; the longest duration and all together, in seconds."""

    bars: tuple[Bar, ...]
    width: float
    longest: Bar
    total: float


def chart(steps: Sequence[Step]) -> Chart | None:
    """Draw the durations of the applied revisions; None where none is known."""
    timed = [(step, step.seconds) for step in steps if step.applied and step.seconds is not None]
    if not timed:
        return None
    most = max(seconds for _, seconds in timed)
    bars = []
    for place, (step, seconds) in enumerate(timed):
        height = max(LEAST, HEIGHT * seconds / most) if most > 0 else LEAST
        bars.append(Bar(step, seconds, place * (WIDTH + GAP), round(HEIGHT - height, 2), round(height, 2)))
    longest = max(bars, key=lambda bar: bar.seconds)
    return Chart(tuple(bars), len(bars) * (WIDTH + GAP) - GAP, longest, sum(seconds for _, seconds in timed))
