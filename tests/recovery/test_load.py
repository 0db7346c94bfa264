"""What `make load` measures and writes, at a small size."""

from __future__ import annotations

import json
from pathlib import Path

from tests.load import backups, waits
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


def test_a_backup_is_measured_beside_pg_dump(tmp_path: Path) -> None:
    told: list[str] = []
    figures = backups.measure(servers.available()[0], [10, 200], 1, told.append)
    assert len(told) == 8
    assert {(run.rows, run.way) for run in figures.runs} == {
        (rows, way) for rows in (10, 200) for way in (backups.OURS, backups.PLAIN)
    }
    assert all(run.seconds > 0 and run.bytes > 1000 for run in figures.runs)
    # Of both the rows are there: four large tables, a tenth in usuarios.
    assert figures.contents[200][0] - figures.contents[10][0] == 4 * 190 + 19
    *_, memory = figures.lines()
    assert memory.startswith("peak memory ") or not any(run.peak for run in figures.runs)
    backups.write(figures, tmp_path / "build")
    written = json.loads((tmp_path / "build" / "backups.json").read_text())
    assert written["ratios"]["200"] == figures.ratio(200) > 1
    page = (tmp_path / "build" / "backups.html").read_text()
    assert (page.count("<rect "), "http" in page) == (4, False)
