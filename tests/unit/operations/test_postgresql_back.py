"""What a downgrade of PostgreSQL gives back, and what it keeps where that is not possible: operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

import painel_migrations.operations  # noqa: F401  registers them

Run = Callable[[str], list[tuple[Any, ...]]]

METAS = "CREATE TABLE metas (id integer PRIMARY KEY, nome varchar(30), criado_em timestamptz, cor {})"
ROWS = "INSERT INTO metas VALUES (1, 'Bar', '2025-08-01', {0}), (2, 'Porta', '2025-08-02', {1})"
COR = sa.Column("cor", sa.String(7))


@pytest.fixture
def run(postgres: sa.Engine) -> Iterator[Run]:
    """A function that runs SQL in one transaction and returns its rows. Its `op` are the operations there."""
    with postgres.connect() as connection:

        def execute(statements: str) -> list[tuple[Any, ...]]:
            result = connection.exec_driver_sql(statements)
            return [tuple(row) for row in result] if result.returns_rows else []

        execute.op = Operations(MigrationContext.configure(connection))  # type: ignore[attr-defined]
        yield execute


@pytest.fixture
def op(run: Any) -> Any:
    return run.op


def test_every_stray_comes_back_the_last_one_too(run: Run, op: Any) -> None:
    """The register goes once it is empty, not while it is read."""
    run(METAS.format("text") + "; CREATE INDEX por_cor ON metas (cor)")
    op.drop_strays("metas", "id nome criado_em cor", "metas_pkey")
    assert run("SELECT object FROM retired.register") == [("metas.por_cor",)]
    op.restore_strays("metas")
    assert run("SELECT to_regclass('por_cor') IS NOT NULL, to_regnamespace('retired') IS NULL") == [(True, True)]


def test_a_stray_that_no_longer_fits_stays_and_its_rows_are_not_told(run: Run, op: Any, caplog: Any) -> None:
    run(METAS.format("text") + "; CREATE INDEX por_cor ON metas ((cor::bigint))")
    op.drop_strays("metas", "id nome criado_em cor", "metas_pkey")
    run(ROWS.format("'98765432100x'", "'2'"))
    for logger in ("painel_migrations", "sqlalchemy.dialects.postgresql"):
        caplog.set_level("INFO", logger)
    op.restore_strays("metas")
    assert run("SELECT object FROM retired.register") == [("metas.por_cor",)]
    assert "index stays retired: metas.por_cor" in caplog.text
    assert "98765" not in caplog.text


def test_a_disabled_trigger_comes_back_with_its_function_and_disabled(run: Run, op: Any) -> None:
    body = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    run(METAS.format("text") + f"; CREATE FUNCTION nada() {body}")
    run("CREATE TRIGGER nada BEFORE UPDATE ON metas FOR EACH ROW EXECUTE FUNCTION nada()")
    run("ALTER TABLE metas DISABLE TRIGGER nada")
    op.drop_strays("metas", "id nome criado_em cor", "metas_pkey")
    assert run("SELECT FROM pg_proc WHERE proname = 'nada'") == []
    op.restore_strays("metas")
    assert run("SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'nada'") == [("D",)]
