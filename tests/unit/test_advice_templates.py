"""No SQL is advised that no test runs: each template, found where messages are made, has a test that runs it."""

from __future__ import annotations

import pytest

from tests.support import advice, advice_templates
from tests.support.history import ROOT


def test_each_template_has_a_test() -> None:
    """A new one: run it in a test, which hands it to tests/support/advice.py, and name that test in the table."""
    made, run = advice_templates.templates(), advice_templates.claims()
    assert {template: made[template] for template in made if template not in run} == {}
    assert [template for template in run if template not in made] == []


def test_templates_are_found_where_they_are_made() -> None:
    found = set(advice_templates.templates().values())
    assert len(advice_templates.templates()) > 75
    assert {
        "catalog/remedy.py",
        "connection/explanation.sql",
        "preflight/on_postgresql.py",
        "console/block.sql.mako",
        "monitoring/health_vitals.py",
        "operations/postgresql/15_faults.sql",
        "operations/sqlite/faults.py",
    } <= found


@pytest.mark.parametrize("test", sorted(set(advice_templates.claims().values())))
def test_who_runs_it_is_there(test: str) -> None:
    file, _, name = test.partition("::")
    assert f"def {name.partition('[')[0]}(" in (ROOT / file).read_text()


def test_a_test_that_runs_it_no_more_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(advice_templates, "claims", lambda: {"DROP INDEX {}": "a"})
    advice_templates.check("a", ["DROP INDEX ix_um"])
    advice_templates.check("b", [])
    with pytest.raises(AssertionError, match="not run any more"):
        advice_templates.check("a", ["DROP TABLE um"])


def test_statements_are_told_from_what_is_said_around_them() -> None:
    said = "Keep it (or not): ALTER TABLE u DROP COLUMN v; SELECT a FROM u, or ROLLBACK PREPARED 'it''s'. Then go on"
    assert [each.strip() for each in advice.statements(said)] == [
        "ALTER TABLE u DROP COLUMN v",
        "SELECT a FROM u",
        "ROLLBACK PREPARED 'it''s'",
    ]
