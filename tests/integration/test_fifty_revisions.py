"""`make repair` survives whatever comes: fifty generated revisions, one after the other, and drift in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import servers
from tests.support.clones import Clone
from tests.support.history import HEAD


@pytest.mark.parametrize(("kind", "changes"), [("sqlite", 50), ("pg18", 20)])
def test_a_repair_mends_after_any_later_revision(
    kind: str, changes: int, server_of: Callable[[int], servers.Server], tmp_path: Path
) -> None:
    clone = Clone(tmp_path / "clone")
    # One server fewer, and half the time: what SQLite and the revisions' own words show is enough here.
    (clone.folder / "tests" / "support" / "servers.py").unlink()
    url = f"sqlite:///{tmp_path / 'eventos.db'}" if kind == "sqlite" else server_of(18).create_database("fifty")
    ended = clone.python("-m", "tests.support.fifty", given=[url, changes, 10])
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == {"at": f"{int(HEAD) + changes:04d}"}
    if kind != "sqlite":
        server_of(18).drop_database("fifty")
