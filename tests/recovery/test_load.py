"""What `make load` measures and writes, at a small size."""

from __future__ import annotations

import json
from pathlib import Path

from tests.load import waits
from tests.support import servers


def test_the_ways_are_measured_and_told(tmp_path: Path) -> None:
    told: list[str] = []
    figures = waits.measure(servers.available()[0], 500, 30, 1, list(waits.WAYS), told.append)
    assert [line.split("  ")[0] for line in told] == list(waits.WAYS)
    ours = [each for each in figures.rounds if each.way.startswith("make ")]
    # Nobody is hurt, and everybody arrives.
    assert [(each.failed, each.error) for each in ours] == [(0, ""), (0, "")]
    assert all(0 < each.longest < 60 and each.done > 20 for each in figures.rounds)
    waits.write(figures, tmp_path / "build")
    written = json.loads((tmp_path / "build" / "waits.json").read_text())
    assert [each["way"] for each in written["rounds"]] == list(waits.WAYS)
    page = (tmp_path / "build" / "waits.html").read_text()
    assert page.count("<rect ") == len(waits.WAYS)
    assert "http" not in page
