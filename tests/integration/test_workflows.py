"""What the steps of a workflow run does what the workflow is for: there and back, and a report as a comment."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.integration.test_advice import handed_over as handed_over
from tests.support.command import Ran
from tests.unit.test_forge import jobs


def test_every_database_goes_there_and_back(
    database: sa.Engine,
    handed_over: Callable[[str], list[str]],
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    lines = [step["run"] for step in jobs("ci.yml")["databases"]["steps"] if "run" in step]
    assert lines
    for line in lines:
        code, out, err = run(*handed_over(line.removeprefix("make "))[2:])
        assert code == 0, f"{line}\n{out}{err}"


@pytest.fixture
def judged(tmp_path: Path) -> Callable[[str, int], tuple[int, str, str]]:
    """A function that runs the step with `make check`, and gives its exit code, its output and its summary."""
    [step] = (step for step in jobs("check.yml")["check"]["steps"] if step.get("id") == "check")
    make = tmp_path / "bin/make"
    make.parent.mkdir()

    def get(report: str, code: int) -> tuple[int, str, str]:
        (tmp_path / "said").write_text(report)
        make.write_text(f'#!/bin/sh\n[ "$*" = "check FORMAT=markdown" ] || exit 9\ncat said\nexit {code}\n')
        make.chmod(0o755)
        output, summary = tmp_path / "output", tmp_path / "summary"
        done = subprocess.run(
            # As the forge runs a step's lines.
            ["bash", "-e", "-c", step["run"]],
            cwd=tmp_path,
            env={
                "PATH": f"{make.parent}:{os.environ['PATH']}",
                "GITHUB_OUTPUT": str(output),
                "GITHUB_STEP_SUMMARY": str(summary),
            },
            check=False,
        )
        return done.returncode, output.read_text(), summary.read_text()

    return get


@pytest.mark.parametrize("code", [0, 2])
def test_what_a_check_says_is_handed_on_and_fails_as_it_does(
    judged: Callable[[str, int], tuple[int, str, str]], code: int
) -> None:
    report = "### 0023\n\n- finds `x`\n\nEOF\nreport<<EOF\n"
    ended, output, summary = judged(report, code)
    assert (ended, summary) == (code, report)
    first, *between, last = output.splitlines()
    assert first == f"report<<{last}"
    assert "\n".join(between).strip() == report.strip()
    assert last not in report
