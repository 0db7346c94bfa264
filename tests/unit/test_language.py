"""Messages in two languages: what one is, which language is chosen, and that the catalogue has every message."""

from __future__ import annotations

import copy
import pickle
import string

import pytest

from homecoming.errors import UsageError
from homecoming.language import Message, joined, localized, read_po, tr, trn
from homecoming.settings import read_language
from tests.support import translations


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def test_a_message_is_english_as_a_string_and_localized_with_the_messages_in_it() -> None:
    where = tr("At: {at}", at=tr("Error: {what}", what="x"))
    assert where == "At: Error: x"
    assert localized(where, "en") == "At: Error: x"
    assert localized(where, "pt") == "Está em: Erro: x"
    assert localized(where, "xx") == "⟦At: ⟦Error: ⟨x⟩⟧⟧"


def test_a_number_decides_and_what_has_no_translation_is_english() -> None:
    assert trn("{n} nut", "{n} nuts", 1) == "1 nut"
    assert localized(trn("{n} nut", "{n} nuts", 2), "pt") == "2 nuts"


def test_parts_in_a_row_are_localized_each_by_itself() -> None:
    assert localized(joined("; ", [tr("At: {at}", at="{1}"), 2]), "pt") == "Está em: {1}; 2"


def test_a_message_can_be_copied_and_sent() -> None:
    message = tr("At: {at}", at=1)
    for again in (copy.copy(message), pickle.loads(pickle.dumps(message))):
        assert isinstance(again, Message)
        assert (again, again.values) == (message, {"at": 1})


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "pt_BR.UTF-8"}, "pt"),
        ({"LANG": "pt"}, "pt"),
        ({"LANG": "ptx"}, "en"),
        ({"LANG": "pt_BR.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "pt_PT"}, "pt"),
        ({"LANG": "pt_BR", "MIGRATION_LANG": "en"}, "en"),
        ({"MIGRATION_LANG": "pt_BR"}, "pt"),
    ],
)
def test_the_variable_says_the_language_or_the_locale(environment: dict[str, str], language: str) -> None:
    assert read_language(environment) == language


def test_another_language_is_refused() -> None:
    with pytest.raises(UsageError, match="MIGRATION_LANG is none of en, pt"):
        read_language({"MIGRATION_LANG": "de"})


def test_a_line_that_is_none_of_a_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="line 2"):
        read_po('msgid "a"\nwhatever "b"\n')


def test_every_message_has_its_translation_and_every_translation_its_message() -> None:
    entries = read_po(translations.catalogue_file("pt").read_text("utf-8"))
    wanted = translations.messages()
    assert sorted(set(wanted) - set(entries)) == []
    assert sorted(set(entries) - set(wanted)) == []
    for one, forms in entries.items():
        assert len(forms) == (2 if wanted[one] else 1), one
        for form in forms:
            assert fields(form) <= fields(one) | fields(wanted[one]), one
            assert fields(one) <= fields(form) | {"n"}, one


def test_the_catalogue_is_sorted() -> None:
    path = translations.catalogue_file("pt")
    assert translations.written(read_po(path.read_text("utf-8")), translations.messages()) == path.read_text("utf-8")
