"""Rows written past a foreign key that stays valid: told by verify, its pasted SELECT and a plan; no run breaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from homecoming import catalog
from homecoming.catalog import reasons, references
from tests.support import advice, history, lineage
from tests.support.command import Ran
from tests.support.verdicts import assert_agrees, judge

KEYS = ["checkins.checkins_evento_id_fkey", "transacoes.transacoes_usuario_id_fkey"]


def past_the_keys(engine: sa.Engine) -> None:
    """What a restore with triggers off, or a replica made the master, leaves."""
    with engine.begin() as connection:
        for statement in (
            "SET LOCAL session_replication_role = replica",
            "UPDATE transacoes SET usuario_id = 999999 WHERE id <= 3",
            "UPDATE checkins SET evento_id = -1 WHERE id = 2",
        ):
            connection.exec_driver_sql(statement)


@pytest.fixture
def at_head(postgres: sa.Engine) -> sa.Engine:
    lineage.build(postgres, 22, rows=8)
    history.upgrade(postgres)
    past_the_keys(postgres)
    return postgres


def url(engine: sa.Engine) -> str:
    return engine.url.render_as_string(hide_password=False)


def test_verify_names_key_number_and_rows(
    at_head: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url(at_head))
    code, out, _ = run("verify")
    assert code == 1
    lines = [line.strip() for line in out.splitlines()]
    place = lines.index(f"FAIL  rows {KEYS[1]}: {reasons.ORPHAN}")
    assert lines[place + 1 : place + 3] == [
        "expected: every usuario_id in usuarios.id",
        "found:    3 rows with another",
    ]
    shown = lines[place + 3].partition("See them: ")[2]
    with at_head.connect() as connection:
        assert sorted(tuple(row) for row in connection.exec_driver_sql(shown)) == [
            (1, 999999),
            (2, 999999),
            (3, 999999),
        ]
    assert f"FAIL  rows {KEYS[0]}: " in out
    advice.try_out(at_head.url, out)


def test_the_pasted_select_says_the_same(at_head: sa.Engine) -> None:
    with at_head.connect() as connection:
        live = catalog.read(connection)
        findings = catalog.verify(connection, live, references=True)
        assert [finding.object for finding in findings] == KEYS
        assert_agrees(connection, findings, live)
        # What looks every minute, or holds the tables, does not look.
        assert catalog.verify(connection, live) == []


def test_a_large_table_is_not_read_but_named(at_head: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "BOUND", 0)
    with at_head.connect() as connection:
        live = catalog.read(connection)
        findings = catalog.verify(connection, live, references=True)
        assert {finding.severity for finding in findings} == {catalog.Severity.NOTE}
        assert set(KEYS) < {finding.object for finding in findings}
        assert_agrees(connection, findings, live)


def test_where_a_policy_hides_rows_nothing_is_said(at_head: sa.Engine) -> None:
    with at_head.connect() as connection:
        for statement in (
            "ALTER TABLE usuarios ENABLE ROW LEVEL SECURITY",
            "CREATE ROLE leitor; GRANT USAGE ON SCHEMA public TO leitor",
            "GRANT SELECT ON ALL TABLES IN SCHEMA public TO leitor",
            "SET LOCAL ROLE leitor",
        ):
            connection.exec_driver_sql(statement)
        live = catalog.read(connection)
        found = catalog.orphans(connection, catalog.head("postgresql"), live)
        assert [each.key.name for each in found] == KEYS[:1]
        checks, _ = judge(connection)
        assert [check[0] for check in checks if check[0] in {f"rows {key}" for key in KEYS}] == [f"rows {KEYS[0]}"]


def test_a_plan_tells_and_the_run_does_not_break(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(postgres, 22, rows=8)
    past_the_keys(postgres)
    monkeypatch.setenv("DATABASE_URL", url(postgres))
    code, out, _ = run("upgrade", "--plan")
    assert code == 0
    said = (
        "Note: transacoes.usuario_id: 3 rows refer to rows of usuarios that do not exist, behind "
        "transacoes_usuario_id_fkey, which is valid"
    )
    assert said in out
    assert "See them: SELECT id, usuario_id FROM transacoes c WHERE usuario_id IS NOT NULL" in out
    advice.try_out(postgres.url, out)
    assert run("upgrade")[0] == 0
    with postgres.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM transacoes WHERE usuario_id = 999999").scalar() == 3
