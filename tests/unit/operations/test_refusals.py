"""The full text of each refusal of an operation, for one row and for more: the same on every database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

import homecoming.operations  # noqa: F401  registers them
from homecoming.errors import Refused
from tests.support import advice

TIPO = sa.Enum("VIP", "FREE", name="tipolista")

Operate = Callable[[Any], None]


def refusal(database: sa.Engine, operate: Operate, *statements: str) -> tuple[str, str]:
    """Run the statements, then the operation, then what its refusal advises; return what it says."""
    with database.connect() as connection:
        transaction = connection.begin()
        for statement in statements:
            connection.exec_driver_sql(statement)
        before = connection.begin_nested()
        with pytest.raises(Refused) as caught:
            operate(Operations(MigrationContext.configure(connection)))
        before.rollback()
        advice.try_out(connection, f"{caught.value.what}. {caught.value.todo}")
        transaction.rollback()
    return caught.value.what, caught.value.todo


def spelled(database: sa.Engine, length: int) -> str:
    return f"VARCHAR({length})" if database.dialect.name == "sqlite" else f"character varying({length})"


def no_label(database: sa.Engine, column: str, labels: str) -> str:
    """The condition of a value that is no label, whatever its case and the blanks around it."""
    if database.dialect.name == "sqlite":
        return f"lower(trim({column}, ' ' || char(9, 10, 13))) NOT IN ({labels})"
    return rf"lower(btrim(({column})::text, E' \t\r\n')) NOT IN ({labels})"


METAS = "CREATE TABLE metas (id INTEGER PRIMARY KEY, nome VARCHAR(30), tipo VARCHAR(30), evento_id INTEGER)"
EVENTOS = "CREATE TABLE eventos (id INTEGER PRIMARY KEY)"


def test_null_where_a_value_is_needed(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_column("metas", sa.Column("nome", sa.String(30), nullable=False))

    todo = "Give them a value, then run again. See them: SELECT id FROM metas WHERE nome IS NULL"
    what = "metas.nome: {} NULL where the schema needs a value"
    one = "INSERT INTO metas (id, nome) VALUES (1, 'a'), (2, NULL)"
    assert refusal(database, operate, METAS, one) == (what.format("1 row holds"), todo)
    two = "INSERT INTO metas (id, nome) VALUES (1, NULL), (2, NULL)"
    assert refusal(database, operate, METAS, two) == (what.format("2 rows hold"), todo)


def test_a_column_that_has_to_be_added_with_values(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_column("metas", sa.Column("cor", sa.String(7), nullable=False))

    commands = f"ALTER TABLE metas ADD COLUMN cor {spelled(database, 7)}; UPDATE metas SET cor = ..."
    assert refusal(database, operate, METAS, "INSERT INTO metas (id) VALUES (1), (2)") == (
        "metas.cor is missing, and 2 rows need a value there",
        f"Before the next run, add it, with a value for each row: {commands}",
    )


def test_a_value_that_is_no_label(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_enum(TIPO)
        op.ensure_column("metas", sa.Column("tipo", TIPO))

    other = no_label(database, "tipo", "'vip', 'free'")
    shown = f"SELECT id, tipo FROM metas WHERE {other}"
    todo = f"Correct them, then run again. See them: {shown}"
    what = "metas.tipo: {} a value that is no label of tipolista"
    one = "INSERT INTO metas (id, tipo) VALUES (1, ' vip '), (2, 'Free'), (3, NULL), (4, 'vipp')"
    assert refusal(database, operate, METAS, one) == (what.format("1 row holds"), todo)
    two = "INSERT INTO metas (id, tipo) VALUES (1, ''), (2, 'VIP'), (3, 'livre')"
    assert refusal(database, operate, METAS, two) == (what.format("2 rows hold"), todo)


def test_a_row_that_refers_to_none(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_column("metas", sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")))

    todo = (
        "Restore or correct them, then run again. See them: SELECT id, evento_id FROM metas "
        "WHERE evento_id NOT IN (SELECT id FROM eventos)"
    )
    what = "metas.evento_id: {} to rows of eventos that do not exist"
    before = (METAS, EVENTOS, "INSERT INTO eventos VALUES (1)")
    one = "INSERT INTO metas (id, evento_id) VALUES (1, 1), (2, NULL), (3, 7)"
    assert refusal(database, operate, *before, one) == (what.format("1 row refers"), todo)
    two = "INSERT INTO metas (id, evento_id) VALUES (1, 7), (2, 7)"
    assert refusal(database, operate, *before, two) == (what.format("2 rows refer"), todo)


def test_a_value_twice(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_unique("metas", "nome")

    todo = (
        "Make them unique, then run again. See them: SELECT nome, count(*) FROM metas WHERE nome IS NOT NULL "
        "GROUP BY nome HAVING count(*) > 1"
    )
    what = "metas.nome: {} more than once where they must be unique"
    one = "INSERT INTO metas (id, nome) VALUES (1, 'a'), (2, 'a'), (3, 'a'), (4, NULL), (5, NULL)"
    assert refusal(database, operate, METAS, one) == (what.format("1 value occurs"), todo)
    two = "INSERT INTO metas (id, nome) VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, 'b')"
    assert refusal(database, operate, METAS, two) == (what.format("2 values occur"), todo)


def test_a_value_too_long(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_column("metas", sa.Column("nome", sa.String(5)))

    condition = "length(nome) > 5"
    if database.dialect.name == "postgresql":
        condition = "NOT (nome IS NULL OR length((nome)::text::text) <= 5)"
    todo = f"Shorten or correct them, then run again. See them: SELECT id, nome FROM metas WHERE {condition}"
    what = "metas.nome: {} not fit VARCHAR(5)"
    one = "INSERT INTO metas (id, nome) VALUES (1, 'açaí!'), (2, 'abacate')"
    assert refusal(database, operate, METAS, one) == (what.format("1 value does"), todo)
    two = "INSERT INTO metas (id, nome) VALUES (1, 'laranja'), (2, 'abacate')"
    assert refusal(database, operate, METAS, two) == (what.format("2 values do"), todo)


PRODUTOS = "CREATE TABLE {} (id INTEGER PRIMARY KEY, nome VARCHAR(30), codigo VARCHAR(9) UNIQUE, criado_em TIMESTAMP)"


def test_a_row_whose_id_another_has_taken_and_that_cannot_go_back(database: sa.Engine) -> None:
    """Turned round, the reference would name another product; under a fresh id its code would be there twice."""

    def operate(op: Any) -> None:
        op.retire_copies("produtos", "itens")

    public = "" if database.dialect.name == "sqlite" else "public."
    as_ = " AS" if database.dialect.name == "sqlite" else ""
    what = "itens.produto_id: {} to rows of produtos_old that find no place in produtos"
    todo = (
        "Give each the key of the row that it is now, or one of its own, then run again. See them, and which rows have "
        f"taken their place: SELECT child.id, child.produto_id, target.id AS taken_by FROM {public}itens{as_} child "
        f"JOIN {public}produtos_old{as_} source ON source.id = child.produto_id "
        f"LEFT JOIN {public}produtos{as_} target ON target.id = source.id WHERE source.id IN (1)"
    )
    made = (
        PRODUTOS.format("produtos"),
        PRODUTOS.format("produtos_old"),
        "CREATE TABLE itens (id INTEGER PRIMARY KEY, produto_id INTEGER REFERENCES produtos_old (id))",
        "INSERT INTO produtos VALUES (1, 'Pastel', 'A1', '2025-08-29 12:00:00')",
        "INSERT INTO produtos_old VALUES (1, 'Cerveja', 'A1', '2025-08-07 12:00:00')",
        "INSERT INTO itens VALUES (1, 1)",
    )
    assert refusal(database, operate, *made) == (what.format("1 row refers"), todo)
    assert refusal(database, operate, *made, "INSERT INTO itens VALUES (2, 1)") == (what.format("2 rows refer"), todo)


def test_a_value_that_is_no_number(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_column("metas", sa.Column("nome", sa.Numeric(10, 2)))

    one = "INSERT INTO metas (id, nome) VALUES (1, '10.50'), (2, 'dez')"
    assert refusal(database, operate, METAS, one) == (
        "metas.nome: 1 value does not fit NUMERIC(10,2)",
        "Shorten or correct them, then run again. See them: SELECT id, nome FROM metas WHERE "
        + ("id IN (2)" if database.dialect.name == "sqlite" else "id IN ('2')"),
    )


def test_a_name_that_is_taken(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_table("metas", sa.Column("id", sa.Integer, primary_key=True))

    advice = "Rename it, then run again: ALTER TABLE metas RENAME TO metas_2"
    if database.dialect.name == "sqlite":
        # Which renames no view.
        advice = "Drop it, make it anew under another name, then run again: DROP VIEW metas"
    assert refusal(database, operate, "CREATE VIEW metas AS SELECT 1 AS id") == (
        "the name metas is taken by a table or view that is not this application's",
        advice,
    )


def test_a_type_that_is_no_enum(postgres: sa.Engine) -> None:
    assert refusal(postgres, lambda op: op.ensure_enum(TIPO), "CREATE DOMAIN tipolista AS text") == (
        "the type tipolista exists and is no enum",
        "Rename it, then run again: ALTER TYPE tipolista RENAME TO tipolista_2",
    )


def test_a_refusal_holds_no_row_s_data(database: sa.Engine) -> None:
    """The driver's own error would quote the value; a refusal counts, and its cause is not chained."""
    with database.connect() as connection:
        connection.exec_driver_sql(METAS)
        connection.exec_driver_sql("INSERT INTO metas (id, tipo) VALUES (1, 'cpf 987.654.321-00')")
        op: Any = Operations(MigrationContext.configure(connection))
        op.ensure_enum(TIPO)
        with pytest.raises(Refused) as caught:
            op.ensure_column("metas", sa.Column("tipo", TIPO))
    assert "987" not in str(caught.value)
    assert caught.value.__cause__ is None
