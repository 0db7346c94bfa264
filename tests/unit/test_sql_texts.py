"""Messages within SQL: which literals are some, a script in another language, and what a server says told apart."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

from homecoming import sql_texts
from homecoming.language import Message, localized, read_po, tr, use
from homecoming.operations.guarded import prologue
from homecoming.sql_texts import ServerMessage, in_language, positional
from tests.support import translations

PO = read_po(translations.catalogue_file("pt").read_text("utf-8"))
SAID = sorted(translations.sql_messages())
PLACES = re.compile(r"%(?:\d\$)?[sIL]|%(?!%)|\{\w+(?::[IL])?\}")


def in_portuguese(text: str) -> str:
    return localized(ServerMessage(text), "pt")


def test_in_english_every_text_is_as_it_is() -> None:
    for name, text in sql_texts.sources():
        assert in_language(text, "en") is text, name


def test_a_translation_takes_the_same_values_in_the_same_order() -> None:
    """`format()` fills them by their place, and an I in the place of an s would quote what is a sentence."""
    for text in SAID:
        [translated] = PO[text]
        wanted, found = PLACES.findall(text), PLACES.findall(translated)
        if any("{" in place or "$" in place for place in wanted + found):
            wanted, found = sorted(set(wanted)), sorted(set(found))
        assert found == wanted, text


def test_a_hint_of_the_script_says_to_paste_where_that_of_a_run_says_to_run() -> None:
    """The script replaces the words "run again" in what a hint says."""
    for text in SAID:
        assert PO[text][0].count("rode de novo") == text.count("run again"), text


def test_a_database_of_western_europe_can_say_it() -> None:
    """What a block says is converted to the encoding of its database, which may be LATIN1."""
    for text in SAID:
        PO[text][0].encode("latin-1")
        # What the escaped script spells otherwise, and dollar quotes, are as many as they were.
        for sign in ";$\\":
            assert PO[text][0].count(sign) == text.count(sign), text


def test_a_translation_begins_and_ends_with_the_same_blanks() -> None:
    """It is set beside others."""
    for text in SAID:
        translated = PO[text][0]
        for side in (str.lstrip, str.rstrip):
            assert (side(text) == text) == (side(translated) == translated), text


def literals(sql: str) -> set[str]:
    found = (found["literal"] for found in sql_texts._SCANNED.finditer(sql))
    return {"".join(re.findall(r"'((?:[^']|'')*)'", one)).replace("''", "'") for one in found if one}


def without_literals(sql: str) -> str:
    bare = sql_texts._SCANNED.sub(lambda found: "''" if found["literal"] else found[0], sql)
    return re.sub(r"\s+", "", bare)


def test_what_may_be_a_text_is_one_or_a_name() -> None:
    """Whatever has two words is a message, unless it is SQL, or listed as a name; no name is listed for nothing."""
    every = set().union(*(literals(text) for _, text in sql_texts.sources()))
    assert sql_texts._NAMES - every == set()
    assert sql_texts.is_message("it stays where it is")
    for code in ("SELECT count(*) FROM public.%I", "kept.id = live.id AND x", "%I::text <> %s", "primary key"):
        assert not sql_texts.is_message(code)


def test_a_helper_in_another_language_is_the_same_but_for_its_literals() -> None:
    changed = 0
    for helper in prologue()[1:]:
        there = in_language(helper, "pt")
        changed += there != helper
        assert without_literals(there) == without_literals(helper)
        assert max(map(len, there.splitlines())) <= 120
    assert changed > 15


def test_a_template_that_needs_another_order_says_it_by_number() -> None:
    assert positional("{a}: {b:I} of {a}") == "%s: %I of %1$s"
    assert positional("{b:I} in {a}", ["a", "b"]) == "%2$I in %1$s"


TOLD = {
    "usuarios.tipo: 3 rows hold NULL where the schema needs a value": (
        "usuarios.tipo: 3 linhas têm NULL onde o esquema exige um valor"
    ),
    "Give them a value, then run again. See them: SELECT id, tipo FROM usuarios WHERE tipo IS NULL": (
        "Dê um valor a elas, e rode de novo. Veja: SELECT id, tipo FROM usuarios WHERE tipo IS NULL"
    ),
    "eventos.inicio: 2 moments without a zone read in America/Sao_Paulo": (
        "eventos.inicio: 2 momentos sem fuso, no fuso de America/Sao_Paulo"
    ),
    "retired column produtos.evento_id (1 row)": "aposentado: coluna produtos.evento_id (1 linha)",
    "produtos stays: it holds rows": "produtos fica: tem linhas",
    "1. usuarios.email: 1 value occurs more than once where they must be unique\n2. table a inherits from b": (
        "1. usuarios.email: 1 valor ocorre mais de uma vez onde devem ser únicos\n2. a tabela a herda de b"
    ),
    "revision 0023 deletes from usuarios (2 rows), and no operation declares it": (
        "a revisão 0023 apaga linhas de usuarios (2 linhas), e nenhuma operação o declara"
    ),
    "index i calls f(text) of eva, which would run with the rights of ana": (
        "índice i chama f(text) de eva, que rodaria com os direitos de ana"
    ),
    "retired is not this project's: it belongs to eva, lets eva create in it": (
        "retired não é deste projeto: pertence a eva, deixa eva criar nele"
    ),
    "public.rows_of_table has nothing to say": "public.rows_of_table has nothing to say",
}


@pytest.mark.parametrize("english", TOLD)
def test_what_a_server_says_is_told_in_portuguese(english: str) -> None:
    assert ServerMessage(english) == english
    assert in_portuguese(english) == TOLD[english]
    assert localized(tr("Error: {what}", what=ServerMessage(english)), "pt") == f"Erro: {TOLD[english]}"


def test_under_the_pseudo_language_each_part_has_its_brackets() -> None:
    shown = localized(ServerMessage("usuarios.tipo: 3 rows hold NULL where the schema needs a value"), "xx")
    assert shown == "usuarios.tipo: 3 ⟦rows hold⟧ ⟦NULL where the schema needs a value⟧"
    assert localized(ServerMessage("produtos renamed to b c"), "xx") == "⟦⟨produtos⟩ renamed to ⟨b c⟩⟧"


def test_it_can_be_copied_and_sent() -> None:
    for again in (copy.copy(ServerMessage("x created")), pickle.loads(pickle.dumps(ServerMessage("x created")))):
        assert isinstance(again, ServerMessage)
        assert isinstance(again, Message)
        assert localized(again, "pt") == "x criada"


def test_a_run_sends_english_whatever_the_language() -> None:
    before = prologue()
    use("pt")
    try:
        prologue.cache_clear()
        assert prologue() == before
    finally:
        use("en")
