"""The statements to paste and to embed: one statement each, plain text, small, and with nothing of the schema lost."""

import re
from collections.abc import Callable

import pytest

from homecoming.catalog import Catalogue, Fact, reasons
from homecoming.catalog.head_text import facts_text, reasons_text
from homecoming.catalog.verdict import verdict_statement

STATEMENTS: dict[Callable[[], str], tuple[int, int]] = {
    verdict_statement: (66_500, 1),
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_can_be_pasted_and_embedded(statement: Callable[[], str]) -> None:
    text, (size, semicolons) = statement(), STATEMENTS[statement]
    assert text.isascii()
    assert len(text) <= size
    assert max(map(len, text.splitlines())) <= 118
    assert text.count(";") == semicolons
    assert text.rstrip().endswith(";" * semicolons)
    # Drivers, psql and format() see something in these, within literals as well.
    assert "%" not in text
    code = re.sub(r"\$head\$.*?\$head\$|--[^\n]*|'[^']*'|\$verdict\$", "", text, flags=re.DOTALL)
    assert not re.search(r":(?!:)", code.replace("::", ""))
    assert "$" not in code


@pytest.mark.parametrize("statement", STATEMENTS)
def test_comments_hold_no_quote(statement: Callable[[], str]) -> None:
    comments = re.findall(r"--[^\n]*", statement())
    assert comments
    assert not [comment for comment in comments if re.search(r"['$]", comment)]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_it_changes_nothing(statement: Callable[[], str]) -> None:
    code = re.sub(r"\$head\$.*?\$head\$|--[^\n]*|'[^']*'", "", statement(), flags=re.DOTALL)
    assert not re.search(r"\b(insert|update|delete|create|drop|alter|setval|temp)\b", code, re.IGNORECASE)
    # What it sets, it sets back, and for the transaction only.
    assert re.findall(r"set_config\('(\w+)', (.+), (\w+)\)", statement()) == [
        ("search_path", "'pg_catalog, pg_temp'", "true"),
        ("quote_all_identifiers", "'off'", "true"),
        ("jit", "'off'", "true"),
        ("search_path", "before.path", "true"),
        ("quote_all_identifiers", "before.quotes", "true"),
        ("jit", "before.compiles", "true"),
    ]


def test_every_reason_is_in_it() -> None:
    text = " ".join(reasons_text().replace("{semicolon}", ";").split())
    tables = (reasons.MISSING, reasons.CHANGED, reasons.UNKNOWN)
    sentences = [f"{kind}: {why}" for table in tables for kind, why in table.items()]
    sentences += [
        f"any: {why}"
        for why in (reasons.RENAMED, reasons.LEFT_ALONE, reasons.BEHIND, reasons.NO_LABEL, reasons.ROLE, reasons.OWNER)
    ]
    assert [sentence for sentence in sentences if sentence not in text] == []


def table(*facts: Fact) -> Catalogue:
    return Catalogue("postgresql", [Fact("table", "t", "TABLE", ("t",)), *facts])


def column(name: str, definition: str) -> Fact:
    return Fact("column", f"t.{name}", definition, ("t",), (name,))


def test_what_goes_with_a_column_is_behind_it() -> None:
    text = facts_text(
        table(
            column("a", "character varying(9) NOT NULL"),
            Fact("index", "t.ix_t_a", "UNIQUE btree (a)", ("t",), ("a",)),
            Fact("foreign key", "t.t_a_fkey", "FOREIGN KEY (a) REFERENCES u(id)", ("t",), ("a",)),
        )
    )
    assert text.splitlines()[:2] == ["t", " a varchar(9)! | unique index | -> u"]


def test_what_is_named_or_made_otherwise_is_written_out() -> None:
    text = facts_text(
        table(
            column("a", "integer NOT NULL DEFAULT nextval('t_a_seq'::regclass)"),
            Fact("sequence", "t_a_seq", "AS bigint", ("t",), ("a",)),
            Fact("primary key", "t.pk", "PRIMARY KEY (a)", ("t",), ("a",)),
            Fact("foreign key", "t.t_a_fkey", "FOREIGN KEY (a) REFERENCES u(id) ON DELETE CASCADE", ("t",), ("a",)),
        )
    )
    assert text.splitlines()[:5] == [
        "t",
        " a integer!=nextval('t_a_seq'::regclass)",
        " foreign key(a): t.t_a_fkey FOREIGN KEY (a) REFERENCES u(id) ON DELETE CASCADE",
        " primary key(a): t.pk PRIMARY KEY (a)",
        " sequence(a): t_a_seq AS bigint",
    ]


@pytest.mark.parametrize(
    "fact",
    [
        column("a b", "text"),
        column("a", "text DEFAULT ' | unique'"),
        column("á", "text"),
        column("a", f"text DEFAULT '{'x' * 90}  {'y' * 30}'"),
        column("a", "text DEFAULT 'two\nlines'"),
        column("a", "text DEFAULT '$head$'"),
        column("a", f"text DEFAULT '{'x' * 120}'"),
        Fact("index", "t.i j", "btree (a)", ("t",), ("a",)),
        Fact("index", "t.i", "btree (a)", ("t",), ("a,b",)),
        Fact("table", "u", "UNLOGGED TABLE", ("u",)),
        Fact("table", "u v", "TABLE", ("u v",)),
        Fact("table", "@u", "TABLE", ("@u",)),
    ],
)
def test_what_the_text_cannot_carry_is_refused(fact: Fact) -> None:
    with pytest.raises(ValueError, match="the text of head cannot carry"):
        facts_text(table(fact))
