"""A file a revision, for a console with a limit of size: in order, out of order, twice, and from the middle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.console.conftest import Clone
from tests.support import history
from tests.support.history import HEAD, REVISIONS, after, counted
from tests.support.pasting import NOTHING, folder_of, script

NOTHING_AT = "At {}: nothing to do"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The texts to paste, the first revision's first."""
    return folder_of(tmp_path / "fix", "sql")


@pytest.mark.parametrize("dress", ["block", "escaped", "crlf"])
def test_in_order(target: Clone, tmp_path: Path, head_dump: Callable[[int], str], dress: str) -> None:
    """Each on a connection of its own, cut at every semicolon where they are escaped; a second round does nothing."""
    style = () if dress == "crlf" else ("--style", dress)
    files = folder_of(tmp_path / "fix", "sql", *style)
    assert len(files) == len(REVISIONS)
    if dress == "escaped":
        files = [piece for text in files for piece in text.split(";") if piece.strip()]
        assert len(files) == len(REVISIONS)
    elif dress == "crlf":
        files = [text.replace("\n", "\r\n") for text in files]
    place = target.place
    for revision, text in zip(REVISIONS, files, strict=True):
        answer = place.paste(text)
        assert f"Done: at {revision} after 1 revision\n" in answer.said, answer.said
    target.assert_at_head()
    assert place.server.dump_schema(place.name) == head_dump(place.server.version)
    assert place.history() == (len(REVISIONS), len(REVISIONS))
    arrived = place.whole()
    for text in files:
        assert NOTHING in place.paste(text).said
    assert place.whole() == arrived


def test_all_files_as_one_message(target: Clone, files: list[str]) -> None:
    """Somebody pastes all of them at once: one transaction, in which each finds what the one before left."""
    answer = target.place.paste("\n".join(files))
    assert answer.state is None, answer.said
    target.assert_at_head()
    assert target.place.history() == (len(REVISIONS), len(REVISIONS))


def test_out_of_order(target: Clone, files: list[str]) -> None:
    """The fifth first: it says that others come before, and nothing is changed."""
    target.before  # noqa: B018  reads it now
    assert target.place.paste(files[4]).error == (
        "PM004",
        "the database is at no revision, and this script begins at 0004",
        "Paste what comes before it first",
    )
    target.assert_untouched()
    assert "Done: at 0001" in target.place.paste(files[0]).said
    after_one = target.place.whole()
    assert target.place.paste(files[2]).error == (
        "PM004",
        "the database is at 0001, and this script begins at 0002",
        "Paste what comes before it first",
    )
    assert target.place.whole() == after_one


def test_a_file_twice(target: Clone, files: list[str]) -> None:
    """Nobody remembers at which file they were called away."""
    for number, text in enumerate(files, 1):
        target.place.paste(text)
        if number in (1, 15, 21):
            before = target.place.whole()
            assert NOTHING_AT.format(f"{number:04d}") in target.place.paste(text).said
            assert target.place.whole() == before
    target.assert_at_head()


def test_from_the_middle(target: Clone, files: list[str]) -> None:
    """A database that a command brought to 0010: earlier files do nothing, later ones go on."""
    history.upgrade(target.place.engine, "0010")
    before = target.place.whole()
    for text in files[:10]:
        assert NOTHING_AT.format("0010") in target.place.paste(text).said
    assert target.place.whole() == before
    for text in files[10:]:
        assert target.place.paste(text).state is None
    target.assert_at_head()


@pytest.mark.parametrize("revision", ["0001", "0010", "0015", "0021"])
def test_the_whole_script_from_the_middle(target: Clone, revision: str) -> None:
    """The block looks where the database is, and begins there."""
    history.upgrade(target.place.engine, revision)
    assert f"Done: at {HEAD} after {counted(after(revision))}\n" in target.place.paste(script("sql")).said
    target.assert_at_head()
    assert target.place.history() == (len(REVISIONS), 2)


def test_a_narrowed_script(target: Clone) -> None:
    """FROM and TO: what leads half of the way, and what leads the other half."""
    assert "Done: at 0012 after 12 revisions" in target.place.paste(script("sql", "--to", "0012")).said
    assert f"Done: at {HEAD} after {counted(after('0012'))}" in target.place.paste(script("sql", "--from", "0010")).said
    target.assert_at_head()
