"""What the tests run is measured by `make coverage`, with branches; what is left out of that says why."""

from __future__ import annotations

import re
import tomllib

from tests.support.history import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["coverage"]


def test_branches_and_processes_are_measured_and_a_whole_below_the_bar_fails() -> None:
    assert SETTINGS["run"]["branch"]
    assert SETTINGS["run"]["patch"] == ["subprocess"]
    assert SETTINGS["report"]["fail_under"] >= 80
    # Nothing is left out by its name: neither a file nor a kind of line that runs.
    assert not {"omit", "include"} & (SETTINGS["run"].keys() | SETTINGS["report"].keys())
    assert SETTINGS["report"]["exclude_also"] == ["if TYPE_CHECKING:", "@overload"]


def test_a_line_that_is_left_out_says_why() -> None:
    files = [path for folder in ("homecoming", "painel_migrations") for path in (ROOT / folder).rglob("*.py")]
    bare = re.compile(r"# pragma: no (?:cover|branch)(?!: \w.{9})")
    assert [path for path in files if bare.search(path.read_text("utf-8"))] == []
