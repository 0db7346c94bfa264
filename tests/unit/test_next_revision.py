"""The next revision of another application: its number, and what is not loaded for it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from homecoming.authoring import reference
from homecoming.authoring.directives import hook


@pytest.mark.parametrize(
    ("revisions", "number"),
    [([], "0001"), (["0001", "0002"], "0003"), (["0001", "ab12cd"], "0002"), (["ab12cd"], "0001")],
)
def test_it_is_numbered_behind_the_last_number(revisions: list[str], number: str) -> None:
    made: Any = SimpleNamespace(
        revisions=[SimpleNamespace(revision=each) for each in revisions], head=(revisions or ["0000"])[-1]
    )
    script: Any = SimpleNamespace(rev_id=None)
    hook(made, compare=False)(None, None, [script])
    assert script.rev_id == number


def test_a_file_of_the_application_s_own_tests_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tests/support").mkdir(parents=True)
    (tmp_path / "tests/support/servers.py").write_text("raise RuntimeError")
    monkeypatch.setattr(reference, "history_file", lambda: tmp_path / "alembic.ini")
    assert reference._servers() is None
