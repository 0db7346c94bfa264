"""What is made ahead of a run is told by its name, which three places have."""

from __future__ import annotations

from importlib import resources

import pytest

from homecoming.catalog.postgresql import PREPARED


@pytest.mark.parametrize("place", ["operations/postgresql/10_look.sql", "monitoring/vitals.sql"])
def test_the_name_begins_the_same_everywhere(place: str) -> None:
    text = resources.files("homecoming").joinpath(place).read_text("utf-8")
    assert text.count("starts_with(") == text.count(f"'{PREPARED}')") == 1
