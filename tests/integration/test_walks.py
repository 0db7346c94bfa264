"""Whoever follows a tutorial, or the README, sees what stands there: every block is run, every output compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.history import ROOT
from tests.support.walks import Walk, unlike


@pytest.mark.parametrize("page", ["tutorial-damaged-database", "tutorial-revision"])
def test_a_tutorial_happens_as_it_is_told(
    page: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    walk = Walk(tmp_path / "clone")
    walk.follow(ROOT / f"docs/{page}.md")
    assert walk.shown >= 4
    record_property("summary", f"{page}: {len(walk.commands)} commands run, {walk.shown} outputs compared")


def test_the_readme_shows_what_its_first_command_prints(tmp_path: Path) -> None:
    """What the second one prints: tests/unit/test_lanes.py."""
    upgraded = re.findall(r"^```text\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)[0]
    assert unlike(upgraded, Walk(tmp_path / "clone").run("make upgrade")) is None


@pytest.mark.parametrize(
    ("shown", "printed", "missing"),
    [
        ("a\nb\n", "a\nb\n", None),
        ("a\nc\n", "a\nb\nc\n", "c"),
        ("a\n...\nc\n", "a\nb\nc\n", None),
        ("at ... s\n", "at 0.3 s\n", None),
        ("a\n", "a\nb\n", "b"),
        ("a\n...\n", "a\nb\n", None),
    ],
)
def test_what_is_shown_is_held_line_by_line(shown: str, printed: str, missing: str | None) -> None:
    assert unlike(shown, printed) == missing
