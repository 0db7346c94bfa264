"""Which statements of SQLite hold a text that means a value, and not what it is to be spelled like."""

from __future__ import annotations

import pytest

from homecoming.operations.sqlite.respelled import names_text


@pytest.mark.parametrize(
    "condition",
    [
        "tipo = 'admin'",
        'tipo = "admin"',
        "tipo IN ('promoter', 'admin')",
        "tipo IN (SELECT value FROM json_each('[\"admin\"]'))",
        "tipo GLOB 'adm*'",
        "substr(tipo, 1, 3) = 'adm'",
        "lower(nome) = 'ana' AND tipo = 'admin'",
        "tipo = /* lower(x) = */ 'admin'",
        "tipo IS NOT 'admin'",
        "CASE tipo WHEN 'admin' THEN 1 END",
    ],
)
def test_named(condition: str) -> None:
    assert names_text(f"CREATE VIEW v AS SELECT id FROM usuarios WHERE {condition}", "admin", "ADMIN")


@pytest.mark.parametrize(
    "condition",
    [
        "lower(tipo) = 'admin'",
        "lower(trim(tipo)) NOT IN ('admin', 'promoter')",
        "tipo LIKE 'admin'",
        "tipo = 'admin' COLLATE NOCASE",
        "tipo COLLATE NOCASE = 'admin'",
        "tipo IN ('ADMIN', 'admin')",
        "u.tipo = 'admin' OR u.tipo = 'ADMIN'",
        "admin = 1 AND 'o admin' = nome",
        "tipo GLOB '*'",
    ],
)
def test_harmless(condition: str) -> None:
    assert not names_text(f"CREATE VIEW v AS SELECT id FROM usuarios u WHERE {condition}", "admin", "ADMIN")


def test_another_word_is_named_in_any_comparison() -> None:
    assert names_text("CREATE VIEW v AS SELECT 1 WHERE lower(tipo) = 'fisico'", "fisico", "FICHA")
