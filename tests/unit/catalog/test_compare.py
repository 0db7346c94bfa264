"""One cause, one finding: what a difference is called, how much it matters, and what is not repeated."""

import pytest

from homecoming.catalog import Catalogue, Fact, Severity, compare
from homecoming.catalog.findings import KINDS, Finding


def column(name: str, definition: str = "text") -> Fact:
    table, _, own = name.partition(".")
    return Fact("column", name, definition, (table,), (own,))


def table(name: str) -> Fact:
    return Fact("table", name, "TABLE", (name,))


INDEX = Fact("index", "usuarios.ix_cpf", "UNIQUE btree (cpf)", ("usuarios",), ("cpf",))
HEAD = (table("usuarios"), column("usuarios.cpf", "text NOT NULL"), column("usuarios.nome"), INDEX)


def findings(*live: Fact, head: tuple[Fact, ...] = HEAD) -> list[Finding]:
    return compare(Catalogue("postgresql", head), Catalogue("postgresql", live))


def lines(*live: Fact, head: tuple[Fact, ...] = HEAD) -> list[str]:
    return [finding.line for finding in findings(*live, head=head)]


def test_equal() -> None:
    assert lines(*HEAD) == []


def test_missing() -> None:
    assert lines(*HEAD[:3]) == ["FAIL index usuarios.ix_cpf: expected UNIQUE btree (cpf), found nothing"]


def test_changed() -> None:
    assert lines(HEAD[0], column("usuarios.cpf"), *HEAD[2:]) == [
        "FAIL column usuarios.cpf: expected text NOT NULL, found text"
    ]


def test_renamed() -> None:
    other = Fact("index", "usuarios.idx", INDEX.definition, INDEX.tables, INDEX.columns)
    assert lines(*HEAD[:3], other) == [
        "FAIL index usuarios.ix_cpf: expected UNIQUE btree (cpf), found the same under the name idx"
    ]


def test_a_second_one_of_its_kind_is_no_rename() -> None:
    other = Fact("index", "usuarios.idx", INDEX.definition, INDEX.tables, INDEX.columns)
    assert lines(*HEAD, other) == ["FAIL index usuarios.idx: expected nothing, found UNIQUE btree (cpf)"]


def test_what_went_with_a_table_or_a_column_is_not_repeated() -> None:
    assert lines() == ["FAIL table usuarios: expected TABLE, found nothing"]
    assert lines(HEAD[0], HEAD[2]) == ["FAIL column usuarios.cpf: expected text NOT NULL, found nothing"]


def test_unknown_objects_on_known_columns_fail_and_others_are_notes() -> None:
    check = Fact("check", "usuarios.c", "CHECK (x)", ("usuarios",), ("x",))
    assert lines(*HEAD, column("usuarios.x"), check) == [
        "NOTE column usuarios.x: expected nothing, found text",
        "NOTE check usuarios.c: expected nothing, found CHECK (x)",
    ]
    check = Fact("check", "usuarios.c", "CHECK (cpf)", ("usuarios",), ("cpf",))
    assert lines(*HEAD, check) == ["FAIL check usuarios.c: expected nothing, found CHECK (cpf)"]


@pytest.mark.parametrize(
    ("definition", "severity"),
    [
        ("integer", Severity.NOTE),
        ("integer NOT NULL DEFAULT 1", Severity.NOTE),
        ("integer NOT NULL GENERATED ALWAYS AS IDENTITY", Severity.NOTE),
        ("integer NOT NULL", Severity.FAIL),
    ],
)
def test_an_unknown_column_fails_only_where_it_blocks_inserts(definition: str, severity: Severity) -> None:
    (finding,) = findings(*HEAD, column("usuarios.x", definition))
    assert finding.severity is severity


def test_an_unknown_table_covers_what_belongs_to_it() -> None:
    index = Fact("index", "copia.i", "btree (x)", ("copia",), ("x",))
    assert lines(*HEAD, table("copia"), column("copia.x"), index) == ["NOTE table copia: expected nothing, found TABLE"]


def test_types_and_functions_are_notes_unless_a_known_table_uses_them() -> None:
    """The column or the trigger that uses one is the finding."""
    assert lines(*HEAD, Fact("enum", "cor", "'azul'")) == ["NOTE enum cor: expected nothing, found 'azul'"]
    assert lines(*HEAD, Fact("function", "f()", "x", ("copia",))) == ["NOTE function f(): expected nothing, found x"]
    assert lines(*HEAD, Fact("function", "f()", "x", ("usuarios",))) == []


def test_more_rights_than_needed_are_no_drift() -> None:
    needed = Fact("access", "usuarios", "SELECT, INSERT", ("usuarios",))
    more = Fact("access", "usuarios", "SELECT, INSERT, UPDATE", ("usuarios",))
    fewer = Fact("access", "usuarios", "INSERT", ("usuarios",), ("app",))
    assert lines(*HEAD, more, head=(*HEAD, needed)) == []
    assert lines(*HEAD, fewer, head=(*HEAD, needed)) == [
        "FAIL access usuarios: expected SELECT, INSERT, found no SELECT"
    ]


def test_drift_comes_before_notes_and_what_has_to_go_before_what_has_to_come() -> None:
    extra = Fact("unique", "usuarios.u", "UNIQUE (nome)", ("usuarios",), ("nome",))
    found = findings(*HEAD[:2], column("usuarios.nome", "integer"), table("copia"), extra)
    assert [finding.kind for finding in found] == ["unique", "column", "index", "table"]
    assert {finding.kind for finding in found} <= set(KINDS)
