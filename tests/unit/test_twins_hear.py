"""The twins compare what operations log: that they hear it, under whatever name a room's log has."""

from __future__ import annotations

from homecoming.operations import guarded
from homecoming.operations.sqlite import live
from tests.support.twins import logged


def test_the_twins_hear_what_operations_log() -> None:
    with logged() as said:
        guarded.log.info("one row")
        live.log.info("two rows")
    assert said == ["one row", "two rows"]
