"""The finder of words that no catalogue has, tried on what it must find and what it must leave alone."""

from __future__ import annotations

import pytest

from homecoming.language import localized, tr
from tests.support.pseudo import words_outside


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        ("⟦Database: ⟨postgresql://host/db⟩⟧", []),
        ("Database: x", ["Database"]),
        ("⟦At: ⟨no revision⟩⟧", ["no", "revision"]),
        ("⟦At: ⟦no revision⟧ (⟨0022⟩)⟧", []),
        ("⟦Run⟧ make upgrade REV=0022, ⟦then⟧ make verify", []),
        ("usuarios.tipo: 12 rows", ["rows"]),
        ("SELECT * FROM usuarios WHERE tipo IS NULL;\n⟦that⟧", []),
        ("usuarios convidado", ["convidado"]),
    ],
)
def test_words_outside_of_messages_are_found(shown: str, found: list[str]) -> None:
    assert words_outside(shown) == found


def test_a_name_can_be_allowed() -> None:
    assert words_outside("usuarios convidado", allowed=["convidado"]) == []


def test_a_value_that_is_no_message_is_looked_at_and_one_that_formats_itself_is_not() -> None:
    shown = localized(tr("At: {at}", at=tr("{part} of {n:.1f}", part="a part", n=1.25)), "xx")
    assert shown == "⟦At: ⟦⟨a part⟩ of 1.2⟧⟧"
    assert words_outside(shown) == ["part"]
