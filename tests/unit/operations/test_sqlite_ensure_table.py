"""Tables: made, or brought to what is said, with what is not said left alone."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from homecoming.catalog import sqlite as catalogue
from homecoming.operations.describe import Items
from homecoming.operations.sqlite.conform import ensure_table, ensure_table_unless
from homecoming.operations.sqlite.wanted import wanted
from homecoming.schema.dialects import schema_for
from tests.support import lineage
from tests.unit.operations.sqlite_file import (
    again_is_free,
    columns,
    definition,
    foreign_keys,
    make,
    names,
    refused,
    rows,
    run,
    scalar,
    uniques,
)

TIPO = sa.Enum("FISICA", "VIRTUAL", name="tipocomanda")

EVENTOS = "CREATE TABLE eventos (id INTEGER NOT NULL, PRIMARY KEY (id))"


def items() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", sa.Integer, primary_key=True, index=True),
        sa.Column("numero", sa.String(20), nullable=False, unique=True),
        sa.Column("cpf", sa.String(14), index=True),
        sa.Column("tipo", TIPO, nullable=False),
        sa.Column("saldo", sa.Numeric(10, 2)),
        sa.Column("ativa", sa.Boolean),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False),
        sa.Column("criado_em", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.UniqueConstraint("evento_id", "cpf"),
        sa.Index("idx_comandas_ativa", "ativa"),
    ]


def ensure(connection: sa.Connection) -> None:
    ensure_table(connection, "comandas", Items(items()))


def is_as_said(engine: sa.Engine) -> None:
    assert {
        "id": ("INTEGER", True, None, True),
        "numero": ("VARCHAR(20)", True, None, False),
        "cpf": ("VARCHAR(14)", False, None, False),
        "tipo": ("VARCHAR(7)", True, None, False),
        "saldo": ("NUMERIC(10, 2)", False, None, False),
        "ativa": ("BOOLEAN", False, None, False),
        "evento_id": ("INTEGER", True, None, False),
        "criado_em": ("DATETIME", False, "CURRENT_TIMESTAMP", False),
    }.items() <= columns(engine, "comandas").items()
    assert foreign_keys(engine, "comandas") == {("evento_id", "eventos", "id", "NO ACTION")}
    assert set(uniques(engine, "comandas")) == {"numero", "evento_id,cpf"}
    assert names(engine, "index") >= {"ix_comandas_id", "ix_comandas_cpf", "idx_comandas_ativa"}
    again_is_free(engine, ensure)


def test_a_missing_table_is_made_with_what_is_transitional(sqlite: sa.Engine) -> None:
    make(sqlite, EVENTOS)
    transitional = [sa.Column("empresa_id", sa.Integer, sa.ForeignKey("empresas.id"), nullable=False, index=True)]
    run(sqlite, lambda connection: ensure_table(connection, "comandas", Items(items(), transitional)))
    assert columns(sqlite, "comandas")["empresa_id"] == ("INTEGER", True, None, False)
    assert ("empresa_id", "empresas", "id", "NO ACTION") in foreign_keys(sqlite, "comandas")
    assert "ix_comandas_empresa_id" in names(sqlite, "index")
    again_is_free(sqlite, lambda connection: ensure_table(connection, "comandas", Items(items(), transitional)))


def test_what_is_transitional_is_not_looked_at_where_the_table_exists(sqlite: sa.Engine) -> None:
    make(sqlite, EVENTOS, "CREATE TABLE comandas (id INTEGER NOT NULL, empresa_id TEXT DEFAULT 'x', PRIMARY KEY (id))")
    transitional = [sa.Column("empresa_id", sa.Integer), sa.Column("outra", sa.Integer), sa.UniqueConstraint("outra")]
    run(sqlite, lambda connection: ensure_table(connection, "comandas", Items([], transitional)))
    assert columns(sqlite, "comandas")["empresa_id"] == ("TEXT", False, "'x'", False)
    assert "outra" not in columns(sqlite, "comandas")


@pytest.mark.parametrize("table", list(lineage.load(22)["tables"]))
def test_a_table_is_made_as_the_application_makes_it(sqlite: sa.Engine, table: str) -> None:
    metadata = lineage.metadata(lineage.load(22))
    metadata.create_all(sqlite)
    with sqlite.connect() as connection:
        made = {name: fact for name, fact in catalogue.read(connection).items() if fact.table == table}
    sql = definition(sqlite, table)
    make(sqlite, f"DROP TABLE {table}")
    model = metadata.tables[table]
    said = [*model.columns, *(c for c in model.constraints if isinstance(c, sa.UniqueConstraint)), *model.indexes]
    run(sqlite, lambda connection: ensure_table(connection, table, Items(said)))
    with sqlite.connect() as connection:
        assert {name: fact for name, fact in catalogue.read(connection).items() if fact.table == table} == made
    # Even the text is the same, but for the order of the constraints.
    assert set(definition(sqlite, table).replace(", \n", "\n").splitlines()) == set(
        sql.replace(", \n", "\n").strip().splitlines()
    )


def test_head_is_nothing_to_do_on_head(sqlite: sa.Engine) -> None:
    metadata = schema_for("sqlite")
    metadata.create_all(sqlite)

    def ensure_all(connection: sa.Connection) -> None:
        for table in metadata.sorted_tables:
            ensure_table(connection, table.name, Items(table.columns))

    again_is_free(sqlite, ensure_all)


def test_a_table_that_a_script_rebuilt_gets_back_what_it_lost(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        EVENTOS,
        "CREATE TABLE comandas (id INTEGER PRIMARY KEY AUTOINCREMENT, numero varchar( 20 ) NOT NULL, cpf TEXT, "
        "tipo VARCHAR(50) DEFAULT 'PRODUTO', saldo DECIMAL(10,2) DEFAULT 0, "
        "ativa BOOLEAN DEFAULT 1, evento_id INTEGER, "
        "criado_em TIMESTAMP, cor TEXT CHECK (cor <> ''))",
        "INSERT INTO eventos VALUES (1)",
        "INSERT INTO comandas VALUES (5, '1', '00000000001', ' fisica', 2.5, 1, 1, "
        "'2025-08-01 10:00:00.000000', 'azul')",
        "INSERT INTO comandas VALUES (8, '2', NULL, 'VIRTUAL', 3, 0, 1, NULL, NULL)",
    )
    run(sqlite, ensure)
    is_as_said(sqlite)
    assert rows(sqlite, "SELECT * FROM comandas") == [
        (5, "1", "00000000001", "FISICA", 2.5, 1, 1, "2025-08-01 10:00:00.000000", "azul"),
        (8, "2", None, "VIRTUAL", 3, 0, 1, None, None),
    ]
    assert "AUTOINCREMENT" not in definition(sqlite, "comandas")
    assert "CHECK (cor <> '')" in definition(sqlite, "comandas")
    make(sqlite, "INSERT INTO comandas (numero, tipo, evento_id) VALUES ('3', 'FISICA', 1)")
    assert scalar(sqlite, "SELECT max(id) FROM comandas") == 9


def test_a_table_without_key_and_types_gets_both(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        EVENTOS,
        "INSERT INTO eventos VALUES (1)",
        "CREATE TABLE de AS SELECT 4 AS id, '1' AS numero, NULL AS cpf, 'FISICA' AS tipo, '2.50' AS saldo, 1 AS ativa, "
        "1 AS evento_id, NULL AS criado_em",
        "CREATE TABLE comandas AS SELECT * FROM de",
        "DROP TABLE de",
    )
    run(sqlite, ensure)
    is_as_said(sqlite)
    assert rows(sqlite, "SELECT id, saldo, typeof(saldo) FROM comandas") == [(4, 2.5, "real")]


def test_missing_columns_are_added_at_the_end(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        EVENTOS,
        "INSERT INTO eventos VALUES (1)",
        "CREATE TABLE comandas (cor TEXT, id INTEGER NOT NULL, numero VARCHAR(20) NOT NULL, tipo VARCHAR(7) NOT NULL, "
        "evento_id INTEGER NOT NULL, PRIMARY KEY (id), UNIQUE (numero), "
        "FOREIGN KEY(evento_id) REFERENCES eventos (id))",
        "INSERT INTO comandas VALUES ('azul', 1, '1', 'FISICA', 1)",
    )
    run(sqlite, ensure)
    is_as_said(sqlite)
    assert list(columns(sqlite, "comandas")) == [
        "cor",
        "id",
        "numero",
        "tipo",
        "evento_id",
        "cpf",
        "saldo",
        "ativa",
        "criado_em",
    ]
    # A moment is not invented for rows that are older than the column.
    assert rows(sqlite, "SELECT cor, criado_em FROM comandas") == [("azul", None)]


def test_only_nullable_columns_are_added_without_touching_a_row(sqlite: sa.Engine) -> None:
    make(sqlite, EVENTOS, "CREATE TABLE comandas (id INTEGER NOT NULL, PRIMARY KEY (id)) -- as it was\n")
    said: list[SchemaItem] = [
        sa.Column("a", sa.Text),
        sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")),
        sa.Column("t", TIPO),
    ]
    run(sqlite, lambda connection: ensure_table(connection, "comandas", Items(said)))
    # The key beside its column, as ALTER TABLE writes it: a rebuild would have put it at the end.
    assert "a TEXT, evento_id INTEGER REFERENCES eventos (id), t VARCHAR" in definition(sqlite, "comandas")
    assert foreign_keys(sqlite, "comandas") == {("evento_id", "eventos", "id", "NO ACTION")}


def test_keys_that_say_something_else_are_replaced_and_kept_as_text(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        EVENTOS,
        "INSERT INTO eventos VALUES (1)",
        "CREATE TABLE produtos_old (id INTEGER PRIMARY KEY)",
        "CREATE TABLE comandas (id INTEGER PRIMARY KEY, evento_id INTEGER NOT NULL REFERENCES produtos_old (id) "
        "ON DELETE CASCADE, CONSTRAINT de_novo FOREIGN KEY (evento_id) REFERENCES eventos)",
        "INSERT INTO comandas VALUES (1, 1)",
    )
    said = [sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False)]
    run(sqlite, lambda connection: ensure_table(connection, "comandas", Items(said)))
    assert foreign_keys(sqlite, "comandas") == {("evento_id", "eventos", "id", "NO ACTION")}
    assert "CONSTRAINT" not in definition(sqlite, "comandas")
    assert rows(sqlite, "SELECT kind, object, definition FROM retired_register") == [
        (
            "constraint",
            "comandas.comandas_evento_id_fkey",
            "FOREIGN KEY(evento_id) REFERENCES produtos_old (id) ON DELETE CASCADE",
        )
    ]


def test_foreign_keys_say_what_a_deletion_does(sqlite: sa.Engine) -> None:
    said = [sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id", ondelete="SET NULL"))]
    assert wanted("t", Items(said)).foreign_keys[0].reference == "REFERENCES eventos (id) ON DELETE SET NULL"


def test_defaults_are_spelled_as_sqlalchemy_spells_them(sqlite: sa.Engine) -> None:
    said: list[sa.Column[Any]] = [
        sa.Column("a", sa.Text, server_default="it's"),
        sa.Column("b", sa.Integer, server_default=sa.text("0")),
        sa.Column("c", sa.Text, server_default=sa.text("lower('A')")),
        sa.Column("d", sa.Boolean, server_default=sa.false()),
    ]
    table = sa.Table("t", sa.MetaData(), *said)
    table.create(sqlite)
    made = columns(sqlite, "t")
    again_is_free(sqlite, lambda connection: ensure_table(connection, "t", Items(table.columns)))
    assert [default for _, _, default, _ in made.values()] == ["'it''s'", "0", "lower('A')", "0"]


def test_a_generated_column_becomes_a_plain_one_with_its_values(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT AS (a * 2))", "INSERT INTO t (a) VALUES (4)")
    run(sqlite, lambda connection: ensure_table(connection, "t", Items([sa.Column("b", sa.Integer)])))
    assert "AS (" not in definition(sqlite, "t")
    assert rows(sqlite, "SELECT a, b FROM t") == [(4, 8)]


def test_an_item_that_nobody_knows_is_an_error(sqlite: sa.Engine) -> None:
    with pytest.raises(TypeError, match="no operation knows a CheckConstraint"):
        run(sqlite, lambda connection: ensure_table(connection, "t", Items([sa.CheckConstraint("a > 0")])))


def test_a_view_of_the_name_is_refused(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE VIEW comandas AS SELECT 1 AS id")
    assert refused(sqlite, ensure) == (
        "the name comandas is taken by a table or view that is not this application's",
        "Drop it, make it anew under another name, then run again: DROP VIEW comandas",
    )


def test_an_index_of_the_name_makes_way(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        EVENTOS,
        "CREATE TABLE u (a INT)",
        "CREATE INDEX comandas ON u (a)",
        "CREATE INDEX ix_comandas_id ON u (a)",
    )
    run(sqlite, ensure)
    is_as_said(sqlite)
    assert names(sqlite, "index") >= {"comandas_2", "ix_comandas_id_2"}


def test_a_table_whose_successor_is_there_is_not_made(sqlite: sa.Engine) -> None:
    make(sqlite, EVENTOS)
    said: list[SchemaItem] = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("nome", sa.Text)]
    run(sqlite, lambda connection: ensure_table_unless(connection, "eventos", "antigos", Items(said)))
    assert names(sqlite) == {"eventos"}
    run(sqlite, lambda connection: ensure_table_unless(connection, "outros", "antigos", Items(said)))
    assert names(sqlite) == {"eventos", "antigos"}
    make(sqlite, "ALTER TABLE antigos DROP COLUMN nome")
    run(sqlite, lambda connection: ensure_table_unless(connection, "eventos", "antigos", Items(said)))
    assert list(columns(sqlite, "antigos")) == ["id", "nome"]


def test_an_id_that_no_key_takes_is_refused(sqlite: sa.Engine) -> None:
    make(sqlite, "CREATE TABLE t (id INTEGER)", "INSERT INTO t VALUES (1), ('abc')")
    assert refused(
        sqlite, lambda connection: ensure_table(connection, "t", Items([sa.Column("id", sa.Integer, primary_key=True)]))
    ) == (
        "t.id: 1 value does not fit INTEGER",
        "Shorten or correct them, then run again. See them: SELECT id FROM t WHERE CAST(id AS INTEGER) <> id",
    )


def test_a_collation_that_is_not_said_goes(sqlite: sa.Engine) -> None:
    make(
        sqlite,
        "CREATE TABLE t (id INTEGER NOT NULL, nome VARCHAR(9) COLLATE NOCASE, cor TEXT COLLATE NOCASE, "
        "PRIMARY KEY (id))",
        "CREATE INDEX ix_t_nome ON t (nome)",
        "INSERT INTO t VALUES (1, 'a', 'Azul')",
    )
    said: list[SchemaItem] = [
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("nome", sa.String(9), unique=True),
    ]
    run(sqlite, lambda connection: ensure_table(connection, "t", Items(said)))
    make(sqlite, "INSERT INTO t VALUES (2, 'A', 'AZUL')")
    assert rows(sqlite, "SELECT id FROM t WHERE nome = 'A'") == [(2,)]
    # A column that nobody knows stays as it is.
    assert rows(sqlite, "SELECT id FROM t WHERE cor = 'azul'") == [(1,), (2,)]
