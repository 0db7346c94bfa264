"""The pasted way back is the command's way back, to the byte, with every cell; and forward again is head."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.integration.console.conftest import VERSIONS, Clone, CloneOf
from tests.support import conservation, history
from tests.support.history import HEAD, REVISIONS, after, counted
from tests.support.pasting import DONE, NOTHING, Place, folder_of, script

TARGETS = {"0021": 18, "0016": 25, "0010": 18, "base": 18}
"""Where the way back leads, and the state that the database was in when it was upgraded."""

CASES = [(to, state, VERSIONS[number % len(VERSIONS)]) for number, (to, state) in enumerate(TARGETS.items())]


def compared(place: Place) -> str:
    """Everything but the lines of history, and the moments of the run, which have microseconds: rows' have none."""
    text = re.sub(r"(?s)COPY public\.migration_history .*?\n\\\.\n", "", place.whole())
    return re.sub(r":\d\d\.\d+-03\b", "", re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d(?=:\d\d\.\d)", "", text))


@pytest.mark.parametrize(("to", "state", "version"), CASES)
def test_way_back(clone_of: CloneOf, to: str, state: int, version: int) -> None:
    pasted = clone_of(version, state=state)
    place = pasted.place
    assert DONE in place.paste(script("sql")).said
    at_head = conservation.take(place.engine)
    by_command = clone_of(version, like=pasted).place
    history.downgrade(by_command.engine, to)

    text = script("sql-rollback", "--to", to)
    with place.session() as session:
        before = session.state()
        back = after(to)
        assert f"Done: at {to} after {counted(back)}" in session.paste(text).said
        assert session.state() == before
    assert compared(place) == compared(by_command)
    assert conservation.missing(at_head, place.engine) == []
    assert conservation.missing(pasted.cells, place.engine) == []
    assert place.history() == (len(REVISIONS) + back, 2)

    went_back = place.whole()
    assert f"At {to}: nothing to do" in place.paste(text).said
    assert place.whole() == went_back
    assert f"Done: at {HEAD} after {counted(back)}" in place.paste(script("sql")).said
    pasted.assert_at_head()
    assert NOTHING in place.paste(script("sql", "--style", "escaped")).said


def test_narrowed_way_back_is_refused_above_its_start(target: Clone) -> None:
    """From head a script for 0018 down to 0015 would leave out what the later ones did."""
    place = target.place
    assert place.paste(script("sql")).state is None
    before = place.whole()
    text = script("sql-rollback", "--from", "0018", "--to", "0015")
    assert place.paste(text).error == (
        "PM004",
        f"the database is at {HEAD}, and this script begins at 0018",
        "Write it without FROM",
    )
    assert place.whole() == before
    history.downgrade(place.engine, "0018")
    assert "Done: at 0015 after 3 revisions" in place.paste(text).said


def test_nothing_to_take_back(target: Clone) -> None:
    """A database that no run has touched: not even a table is made."""
    target.before  # noqa: B018  reads it now
    assert "At base: nothing to do" in target.place.paste(script("sql-rollback", "--to", "base")).said
    assert "At base: nothing to do" in target.place.paste(script("sql-rollback", "--to", "0021")).said
    target.assert_untouched()


@pytest.mark.parametrize("style", ["block", "escaped"])
def test_folder_in_order(target: Clone, tmp_path: Path, style: str) -> None:
    """A file a revision, the last one first; one that comes too early is refused."""
    place = target.place
    assert place.paste(script("sql")).state is None
    at_head = conservation.take(place.engine)
    files = folder_of(tmp_path / "back", "sql-rollback", "--to", "0016", "--style", style)
    assert len(files) == after("0016")
    before = place.whole()
    assert place.paste(files[after("0019")]).error == (
        "PM004",
        f"the database is at {HEAD}, and this script begins at 0019",
        "Paste what comes before it first",
    )
    assert place.whole() == before
    for revision, text in zip(reversed(REVISIONS[:-1]), files, strict=False):
        assert f"Done: at {revision}" in place.paste(text).said
    assert conservation.missing(at_head, place.engine) == []
    assert DONE[:13] in place.paste(script("sql")).said
    target.assert_at_head()
