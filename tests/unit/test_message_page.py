"""The page of all messages names who says each, and the exit code of the error that it belongs to."""

import re

import pytest

from tests.support import message_page, translations
from tests.support.history import ROOT

ROWS = {
    row[0]: row[1:]
    for line in message_page.page().splitlines()
    if len(row := re.split(r"(?<!\\) ?\| ?", line)[1:-1]) == 4
}


def test_every_message_stands_there_once() -> None:
    assert len(ROWS) == len(translations.messages()) + len(["the tables' heads", "the lines below them"])


@pytest.mark.parametrize(
    ("message", "said_in", "code"),
    [
        ("another run holds the lock for more than {lock\\_wait:g} s", "connection/locks.py", "5"),
        ("the server refuses the connection: {said}", "connection/failures\\_postgresql.py", ""),
        ("a value is too long for its column", "connection/answers.py", "4"),
        (".env cannot be read", "env\\_file.py", "2"),
        ("End the other session", "console/block.sql.mako", ""),
    ],
)
def test_a_message_has_its_place_and_code(message: str, said_in: str, code: str) -> None:
    _, places, shown = ROWS[message]
    assert f"homecoming/{said_in}" in places.split(", ")
    assert shown == code


def test_every_place_is_a_file_or_a_room() -> None:
    places = {place.replace("\\", "") for _, several, _ in ROWS.values() for place in several.split(", ")}
    assert [place for place in places - {"said in", "---"} if not (ROOT / place).exists()] == []
