"""Which statements of SQLite compare a column with what is no constant."""

from __future__ import annotations

import pytest

from homecoming.operations.sqlite.compared import compares, shown_as

FROM = "CREATE VIEW v AS SELECT p.id FROM produtos p JOIN palavras w "


@pytest.mark.parametrize(
    "rest",
    [
        "ON w.nome = p.tipo",
        "ON p.tipo = w.nome",
        "ON (p.tipo) <> (w.nome)",
        'ON p."tipo" IS w.nome',
        "ON trim(p.tipo) = w.nome",
        "ON coalesce(p.tipo, '') = w.nome",
        "ON CAST(p.tipo AS TEXT) = w.nome",
        "ON lower(w.nome) = p.tipo",
        "ON w.tipo = p.tipo",
        "ON p.tipo GLOB w.nome",
        "USING (id, tipo)",
        "WHERE p.tipo IN (SELECT nome FROM outras)",
        "WHERE p.tipo NOT IN outras",
        "WHERE w.nome IN (SELECT DISTINCT tipo FROM produtos)",
        "WHERE w.nome = (SELECT max(q.tipo) FROM produtos q)",
        "WHERE CASE p.tipo WHEN w.nome THEN 1 END",
        "JOIN (SELECT tipo AS t FROM produtos) x ON x.t = w.nome",
    ],
)
def test_compared(rest: str) -> None:
    sql = FROM + rest
    assert compares(sql, shown_as([sql], "tipo"), True, False)


@pytest.mark.parametrize(
    "rest",
    [
        "ON w.id = p.id WHERE p.tipo = 'FICHA'",
        "ON w.id = p.id WHERE 'FICHA' <> p.tipo AND p.tipo IN ('a', 'b') AND p.tipo IS NOT NULL",
        "ON lower(w.nome) = lower(p.tipo)",
        "ON lower(p.tipo) = w.nome",
        "ON w.nome = p.tipo COLLATE NOCASE",
        "ON w.nome COLLATE NOCASE = p.tipo",
        "ON p.tipo LIKE w.nome",
        "ON w.id = p.id WHERE length(p.tipo) > 2 ORDER BY p.tipo, w.nome",
        "ON w.id = p.id AND CASE p.tipo WHEN 'x' THEN w.nome = 'x' END",
        "ON w.id = p.id GROUP BY p.tipo HAVING count(*) > p.id",
    ],
)
def test_not_compared(rest: str) -> None:
    sql = FROM.replace("SELECT p.id", "SELECT p.id, p.tipo, p.tipo || '!' AS grito, upper(p.tipo)") + rest
    assert not compares(sql, shown_as([sql], "tipo"), True, False)


def test_values_of_one_column_are_respelled_together() -> None:
    sql = "CREATE VIEW v AS SELECT p.id FROM produtos p JOIN produtos q ON p.tipo = q.tipo"
    assert not compares(sql, {"tipo"}, True, True)
    assert compares(sql, {"tipo"}, True, False)


def test_another_word_is_compared_in_any_case() -> None:
    assert compares(FROM + "ON lower(w.nome) = lower(p.tipo)", {"tipo"}, False, False)
