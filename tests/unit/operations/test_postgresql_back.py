"""What a downgrade of PostgreSQL gives back, and what it keeps where that is not possible: operation by operation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

import painel_migrations.operations  # noqa: F401  registers them
from painel_migrations.errors import Refused

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

        execute("SET TIME ZONE 'UTC'")
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


def test_a_value_that_does_not_fit_on_the_way_back_stays_retired(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'vermelho'", "'azul'"))
    op.retire_column("metas", "cor")
    op.restore_column("metas", COR)
    assert run("SELECT id, cor FROM metas ORDER BY id") == [(1, None), (2, "azul")]
    assert run("SELECT id, cor FROM retired.metas__cor") == [(1, "vermelho")]
    assert run("SELECT rows FROM retired.register") == [(1,)]
    op.retire_column("metas", "cor")
    op.restore_column("metas", sa.Column("cor", sa.String(30)))
    assert run("SELECT id, cor FROM metas ORDER BY id") == [(1, "vermelho"), (2, "azul")]
    assert run("SELECT to_regnamespace('retired')") == [(None,)]


def test_a_number_is_not_rounded_on_the_way_back(run: Run, op: Any) -> None:
    run(METAS.format("numeric") + ";" + ROWS.format("1.23456", "1.5"))
    op.retire_column("metas", "cor")
    op.restore_column("metas", sa.Column("cor", sa.Numeric(10, 2)))
    assert run("SELECT id, cor::text FROM metas ORDER BY id") == [(1, None), (2, "1.50")]
    assert run("SELECT cor::text FROM retired.metas__cor") == [("1.23456",)]


def test_a_replaced_value_that_does_not_fit_stays_kept(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'vermelho'", "'azul'"))
    op.replace_values("metas", "cor", {"vermelho": "rubro", "azul": "anil"})
    run("ALTER TABLE metas ALTER cor TYPE varchar(7)")
    op.restore_values("metas", "cor", {"vermelho": "rubro", "azul": "anil"})
    assert run("SELECT cor FROM metas ORDER BY id") == [("rubro",), ("azul",)]
    assert run("SELECT cor FROM retired.metas__cor__before") == [("vermelho",)]


@pytest.mark.parametrize(
    "obstacle",
    [
        "CREATE RULE r AS ON UPDATE TO metas DO INSTEAD NOTHING",
        (
            "CREATE TRIGGER r BEFORE UPDATE ON metas FOR EACH ROW EXECUTE FUNCTION nada();"
            "ALTER TABLE metas ENABLE ALWAYS TRIGGER r"
        ),
        (
            "CREATE TRIGGER r BEFORE UPDATE ON metas FOR EACH ROW EXECUTE FUNCTION nada();"
            "ALTER TABLE metas ENABLE REPLICA TRIGGER r"
        ),
    ],
    ids=("rule", "always", "replica"),
)
def test_nothing_swallows_what_is_given_back(run: Run, op: Any, obstacle: str) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'verde'", "'azul'"))
    op.retire_column("metas", "cor")
    run("CREATE FUNCTION nada() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
    run(obstacle)
    state = (
        "SELECT tgenabled::text FROM pg_trigger WHERE tgname = 'r' UNION ALL SELECT ev_enabled::text FROM pg_rewrite "
    )
    before = run(state + "WHERE rulename = 'r'")
    op.restore_column("metas", COR)
    assert run("SELECT cor FROM metas ORDER BY id") == [("verde",), ("azul",)]
    assert run(state + "WHERE rulename = 'r'") == before


def test_a_row_that_took_an_id_gets_nothing_that_was_another_s(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'verde'", "'azul'"))
    op.retire_column("metas", "cor")
    run("UPDATE metas SET nome = 'Bar do Zé' WHERE id = 1; DELETE FROM metas WHERE id = 2")
    run("INSERT INTO metas VALUES (2, 'Palco', '2025-09-01')")
    op.restore_column("metas", COR)
    assert run("SELECT nome, cor FROM metas ORDER BY id") == [("Bar do Zé", "verde"), ("Palco", None)]
    assert run("SELECT id, cor, of_row FROM retired.metas__cor") == [(2, "azul", ["Porta", "2025-08-02 00:00:00"])]


def test_a_row_whose_id_was_taken_stays_among_the_retired(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'verde'", "NULL"))
    op.ensure_renamed("metas", "alvos", required=["cor"])
    run("INSERT INTO alvos VALUES (2, 'Palco', '2025-09-01', 'azul')")
    op.restore_renamed("metas", "alvos")
    assert run("SELECT nome FROM metas ORDER BY id") == [("Bar",), ("Palco",)]
    assert run("SELECT nome FROM retired.metas") == [("Porta",)]


def test_a_row_that_moves_to_a_narrower_column_is_not_cut(run: Run, op: Any) -> None:
    run(METAS.format("text") + ";" + ROWS.format("'vermelho'", "'azul'"))
    run("CREATE TABLE alvos (id integer PRIMARY KEY, nome varchar(30), cor varchar(7))")
    with pytest.raises(Refused) as caught:
        op.ensure_renamed("metas", "alvos")
    assert caught.value.what == "metas.cor: 1 value does not fit VARCHAR(7)"
