"""The figures of `make load` as docs/performance.md: `python -m tests.load.performance` writes both of its files.

`docs/performance.json` has what was measured; the page is made of it alone, and a test holds them together.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mako.template import Template

from tests.load import backups, starts, waits
from tests.load.main import show
from tests.support import servers
from tests.support.history import ROOT

JSON = ROOT / "docs" / "performance.json"
PAGE = ROOT / "docs" / "performance.md"

SIZES = (10_000, 1_000_000)
GOALS = {"as the models had it": 0.25, "produtos rebuilt by scripts": 0.5}
"""Seconds that a customer may wait at most, by the state of the database."""


def measured(version: int, rounds: int, runs: int, a_second: float) -> dict[str, Any]:
    """Measure all, and return it as JSON has it."""
    waited = waits.measure(version, SIZES, a_second, rounds, list(waits.WAYS), show)
    made = backups.measure(version, list(SIZES), runs, show)
    return {
        "measured_at": datetime.now(UTC).date().isoformat(),
        "processors": os.cpu_count(),
        "load_average": os.getloadavg()[2],
        "python": platform.python_version(),
        "postgresql": version,
        "a_second": a_second,
        "waits": [asdict(each) for each in waited.rounds],
        "starts": asdict(starts.measure(version, runs)),
        "backups": list(made.lines()),
    }


def page(figures: dict[str, Any]) -> str:
    """Return the page of what was measured."""
    waited = waits.Figures(figures["a_second"], figures["postgresql"], [waits.Waits(**w) for w in figures["waits"]])
    template = Template(Path(__file__).with_name("performance.md.mako").read_text("utf-8"), strict_undefined=True)
    return str(
        template.render(
            figures=figures,
            waited=waited,
            refused={waits.case_of(each) for each in waited.rounds if each.error},
            report=waits.REPORT,
            goals=list(_goals(waited)),
            start=starts.Figures(**figures["starts"]),
            start_goal=starts.GOAL,
        )
    )


def _goals(waited: waits.Figures) -> list[tuple[str, float, float, int]]:
    """Return each state with its goal, the longest wait that ours cost there, and how many failed."""
    found = []
    for state, goal in GOALS.items():
        ours = [case for case in waited.cases if case[0] in ("make upgrade", "make sql, pasted") and case[1] == state]
        failed = sum(each.failed for each in waited.rounds if waits.case_of(each) in ours)
        found.append((state, goal, max(waited.of(case, "longest") for case in ours), failed))
    return found


def main() -> None:
    """Measure, and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.performance", description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=float, default=60, help="pieces of work that are due in a second (60)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds a figure of the waits is the median of (3)")
    parser.add_argument("--runs", type=int, default=7, help="runs of the others (7)")
    parser.add_argument("--version", type=int, default=servers.available()[0], help="PostgreSQL's")
    parser.add_argument("--again", action="store_true", help="write the page of what was measured before")
    given = parser.parse_args()
    if not given.again:
        figures = measured(given.version, given.rounds, given.runs, given.rate)
        JSON.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    PAGE.write_text(page(json.loads(JSON.read_text("utf-8"))), "utf-8")


if __name__ == "__main__":
    main()
