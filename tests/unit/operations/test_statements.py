"""Each operation's exact SQL for PostgreSQL, without a database, and each refusal's full text, on every database."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.operations.ops import MigrateOperation
from alembic.runtime.migration import MigrationContext

import painel_migrations.operations  # noqa: F401  registers them
from painel_migrations.errors import Refused
from painel_migrations.operations.guarded import GuardedOperation, prologue, send

TIPO = sa.Enum("VIP", "FREE", name="tipolista")


@pytest.fixture
def op() -> Any:
    """Operations that write PostgreSQL's SQL down. The helpers' text, which comes before the first, is left out."""
    opts = {"as_sql": True, "output_buffer": io.StringIO(), "painel_helpers": True}
    return Operations(MigrationContext.configure(dialect_name="postgresql", opts=opts))


def written(op: Any) -> str:
    """Return what was written, each statement with its semicolon."""
    return str(op.get_context().opts["output_buffer"].getvalue()).replace(";\n\n\n", ";\n")


def test_ensure_table(op: Any) -> None:
    op.ensure_table("metas", sa.Column("id", sa.Integer, primary_key=True, index=True), sa.Column("nome", sa.String(9)))
    assert written(op) == "CALL pg_temp.ensure_table('metas', 'id serial', 'nome varchar(9)', 'index (id)');\n"


def test_ensure_table_with_keys(op: Any) -> None:
    numero = sa.Column("numero", sa.String(20), nullable=False, unique=True)
    op.ensure_table("metas", numero, sa.Column("a", sa.Integer), sa.UniqueConstraint("a", "numero"))
    assert written(op) == (
        "CALL pg_temp.ensure_table(\n"
        "    'metas', 'numero varchar(20) not null', 'a integer', 'unique (numero)', 'unique (a, numero)');\n"
    )


def test_ensure_table_with_passing_columns(op: Any) -> None:
    evento = sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False)
    op.ensure_table("metas", sa.Column("cpf", sa.String(14), unique=True, index=True), passing=[evento])
    assert written(op) == (
        "CALL pg_temp.ensure_table(\n    'metas', 'cpf varchar(14)', 'unique index (cpf)',\n"
        "    'passing evento_id integer not null references eventos');\n"
    )


def test_ensure_table_unless(op: Any) -> None:
    op.ensure_table("antiga", sa.Column("descricao", sa.Text), unless="nova")
    assert written(op) == "CALL pg_temp.ensure_table_unless('nova', 'antiga', 'descricao text');\n"


def test_ensure_renamed(op: Any) -> None:
    op.ensure_renamed("antiga", "nova", required=["evento_id"])
    assert written(op) == "CALL pg_temp.rename_table('antiga', 'nova', 'evento_id');\n"


def test_restore_renamed(op: Any) -> None:
    op.restore_renamed("antiga", "nova")
    assert written(op) == "CALL pg_temp.restore_renamed('antiga', 'nova');\n"


def test_drop_table_unless_rows(op: Any) -> None:
    op.drop_table_unless_rows("metas")
    assert written(op) == "CALL pg_temp.drop_table_unless_rows('metas');\n"


@pytest.mark.parametrize(
    ("column", "described"),
    [
        (sa.Column("id", sa.Integer, primary_key=True), "id serial"),
        (sa.Column("preco", sa.Numeric(10, 2), nullable=False), "preco numeric(10,2) not null"),
        (sa.Column("em", sa.DateTime(timezone=True), server_default=sa.func.now()), "em timestamptz default now()"),
        (sa.Column("dia", sa.Date), "dia date"),
        (sa.Column("ativo", sa.Boolean), "ativo boolean"),
        (sa.Column("tipo", TIPO, nullable=False), "tipo tipolista not null"),
        (sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id")), "evento_id integer references eventos"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_ensure_column(op: Any, column: sa.Column[object], described: str) -> None:
    op.ensure_column("metas", column)
    assert written(op) == f"CALL pg_temp.ensure_column('metas', '{described}');\n"


def test_passing_column(op: Any) -> None:
    op.passing_column("produtos", sa.Column("marca", sa.String(100)))
    assert written(op) == "CALL pg_temp.passing_column('produtos', 'marca varchar(100)');\n"


def test_tighten_column(op: Any) -> None:
    op.tighten_column("eventos", "empresa_id")
    assert written(op) == "CALL pg_temp.tighten_column('eventos', 'empresa_id');\n"


def test_fold_column(op: Any) -> None:
    op.fold_column("usuarios", "tipo_usuario", into="tipo")
    assert written(op) == "CALL pg_temp.fold_column('usuarios', 'tipo_usuario', 'tipo');\n"


def test_ensure_enum(op: Any) -> None:
    op.ensure_enum(TIPO)
    assert written(op) == "CALL pg_temp.ensure_enum('tipolista', 'VIP', 'FREE');\n"


def test_ensure_enum_in_passing(op: Any) -> None:
    op.ensure_enum(TIPO, passing=True)
    assert written(op) == "CALL pg_temp.ensure_some_enum('tipolista', 'VIP', 'FREE');\n"


def test_drop_enum(op: Any) -> None:
    op.drop_enum(TIPO)
    assert written(op) == "CALL pg_temp.drop_enum('tipolista');\n"


def test_ensure_unique(op: Any) -> None:
    op.ensure_unique("transacoes", "qr_code_ticket")
    assert written(op) == "CALL pg_temp.ensure_unique('transacoes', 'qr_code_ticket');\n"


def test_tighten_unique(op: Any) -> None:
    op.tighten_unique("listas", "codigo_cupom")
    assert written(op) == "CALL pg_temp.tighten_unique('listas', 'codigo_cupom');\n"


def test_ensure_no_unique(op: Any) -> None:
    op.ensure_no_unique("listas", "codigo_cupom")
    assert written(op) == "CALL pg_temp.ensure_no_unique('listas', 'codigo_cupom');\n"


def test_ensure_index(op: Any) -> None:
    op.ensure_index("idx_produtos_nome", "produtos", "nome", "preco", unique=True)
    assert written(op) == "CALL pg_temp.ensure_index('produtos', 'idx_produtos_nome', true, 'nome', 'preco');\n"


def test_ensure_no_index(op: Any) -> None:
    op.ensure_no_index("idx_produtos_nome", "produtos")
    assert written(op) == "CALL pg_temp.ensure_no_index('produtos', 'idx_produtos_nome');\n"


def test_ensure_trigger(op: Any) -> None:
    op.ensure_trigger("maiusculo", "usuarios", "BEFORE INSERT", "BEGIN NEW.a := 'b'; RETURN NEW; END", sqlite={})
    assert written(op) == (
        "CALL pg_temp.ensure_trigger('usuarios', 'maiusculo', 'BEFORE INSERT', "
        "'BEGIN NEW.a := ''b''; RETURN NEW; END');\n"
    )


def test_ensure_no_trigger(op: Any) -> None:
    op.ensure_no_trigger("maiusculo", "usuarios", "maiusculo_insert")
    assert written(op) == "CALL pg_temp.ensure_no_trigger('usuarios', 'maiusculo');\n"


def test_replace_values(op: Any) -> None:
    op.replace_values("produtos", "tipo", {"FISICO": "FICHA", "DIGITAL": "VOUCHER"})
    assert written(op) == (
        "CALL pg_temp.replace_values('produtos', 'tipo', 'FISICO', 'FICHA', 'DIGITAL', 'VOUCHER');\n"
    )


def test_restore_values(op: Any) -> None:
    op.restore_values("produtos", "tipo")
    assert written(op) == "CALL pg_temp.restore_values('produtos', 'tipo');\n"


def test_retire_column(op: Any) -> None:
    op.retire_column("produtos", "evento_id")
    assert written(op) == "CALL pg_temp.retire_column('produtos', 'evento_id');\n"


def test_restore_column(op: Any) -> None:
    op.restore_column("produtos", sa.Column("marca", sa.String(100)))
    assert written(op) == "CALL pg_temp.restore_column('produtos', 'marca varchar(100)');\n"


def test_restore_column_if_kept(op: Any) -> None:
    op.restore_column("usuarios", sa.Column("tipo_usuario", sa.String(100)), if_kept=True)
    assert written(op) == "CALL pg_temp.restore_column_if_kept('usuarios', 'tipo_usuario varchar(100)');\n"


def test_retire_leftovers(op: Any) -> None:
    op.retire_leftovers("empresas", "produtos")
    assert written(op) == "CALL pg_temp.retire_leftovers('empresas', 'produtos');\n"


def test_restore_leftovers(op: Any) -> None:
    op.restore_leftovers()
    assert written(op) == "CALL pg_temp.restore_leftovers();\n"


def test_restore_table(op: Any) -> None:
    op.restore_table("produtos_categorias")
    assert written(op) == "CALL pg_temp.restore_table('produtos_categorias');\n"


def test_drop_strays(op: Any) -> None:
    op.drop_strays("conquistas", " id nome ", " conquistas_pkey ")
    assert written(op) == (
        "CALL pg_temp.drop_strays('conquistas', ARRAY['id', 'nome']::text[], ARRAY['conquistas_pkey']::text[]);\n"
    )


def test_restore_strays(op: Any) -> None:
    op.restore_strays("produtos", "usuarios")
    assert written(op) == "CALL pg_temp.restore_strays('produtos');\nCALL pg_temp.restore_strays('usuarios');\n"


def test_a_quote_in_a_name_stays_in_it(op: Any) -> None:
    op.retire_column("produtos", "d'agua")
    assert written(op) == "CALL pg_temp.retire_column('produtos', 'd''agua');\n"


def test_the_helpers_come_once_before_the_first_operation() -> None:
    opts = {"as_sql": True, "output_buffer": io.StringIO()}
    op: Any = Operations(MigrationContext.configure(dialect_name="postgresql", opts=opts))
    op.restore_leftovers()
    op.restore_leftovers()
    helpers = "".join(f"{statement.removesuffix(';')};\n\n\n" for statement in prologue())
    call = "CALL pg_temp.restore_leftovers();\n\n\n"
    assert opts["output_buffer"].getvalue() == helpers + call + call  # type: ignore[attr-defined]


def test_every_operation_is_tried_here() -> None:
    """An operation without its exact SQL here has not been tried."""
    registered = {
        name
        for kind in MigrateOperation.__subclasses__()
        if kind is GuardedOperation
        for operation in kind.__subclasses__()
        for name in vars(operation)
        if isinstance(vars(operation)[name], classmethod)
    }
    tried = "\n".join(name for name in globals() if name.startswith("test_"))
    assert [name for name in sorted(registered) if f"test_{name}" not in tried.splitlines()] == []


# Refusals: the same text on every database, for one row and for more.

Operate = Callable[[Any], None]


def refusal(database: sa.Engine, operate: Operate, *statements: str) -> tuple[str, str]:
    """Run the statements and then the operation; return what and what to do of its refusal."""
    with database.connect() as connection:
        transaction = connection.begin()
        for statement in statements:
            connection.exec_driver_sql(statement)
        with pytest.raises(Refused) as caught:
            operate(Operations(MigrationContext.configure(connection)))
        transaction.rollback()
    return caught.value.what, caught.value.todo


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

    assert refusal(database, operate, METAS, "INSERT INTO metas (id) VALUES (1), (2)") == (
        "metas.cor: 2 rows hold NULL where the schema needs a value",
        "Give them a value, then run again. See them: SELECT id FROM metas WHERE cor IS NULL",
    )


def test_a_value_that_is_no_label(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_enum(TIPO)
        op.ensure_column("metas", sa.Column("tipo", TIPO))

    todo = "Correct them, then run again. See them: SELECT tipo, count(*) FROM metas GROUP BY tipo"
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
        "Make them unique, then run again. See them: SELECT nome, count(*) FROM metas GROUP BY nome HAVING count(*) > 1"
    )
    what = "metas.nome: {} more than once where they must be unique"
    one = "INSERT INTO metas (id, nome) VALUES (1, 'a'), (2, 'a'), (3, 'a'), (4, NULL), (5, NULL)"
    assert refusal(database, operate, METAS, one) == (what.format("1 value occurs"), todo)
    two = "INSERT INTO metas (id, nome) VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, 'b')"
    assert refusal(database, operate, METAS, two) == (what.format("2 values occur"), todo)


def test_a_value_too_long(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_column("metas", sa.Column("nome", sa.String(5)))

    todo = "Shorten or correct them, then run again. See them: SELECT id, nome FROM metas"
    what = "metas.nome: {} not fit VARCHAR(5)"
    one = "INSERT INTO metas (id, nome) VALUES (1, 'açaí!'), (2, 'abacate')"
    assert refusal(database, operate, METAS, one) == (what.format("1 value does"), todo)
    two = "INSERT INTO metas (id, nome) VALUES (1, 'laranja'), (2, 'abacate')"
    assert refusal(database, operate, METAS, two) == (what.format("2 values do"), todo)


def test_a_value_that_is_no_number(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_column("metas", sa.Column("nome", sa.Numeric(10, 2)))

    one = "INSERT INTO metas (id, nome) VALUES (1, '10.50'), (2, 'dez')"
    assert refusal(database, operate, METAS, one) == (
        "metas.nome: 1 value does not fit NUMERIC(10,2)",
        "Shorten or correct them, then run again. See them: SELECT id, nome FROM metas",
    )


def test_a_name_that_is_taken(database: sa.Engine) -> None:
    def operate(op: Any) -> None:
        op.ensure_table("metas", sa.Column("id", sa.Integer, primary_key=True))

    assert refusal(database, operate, "CREATE VIEW metas AS SELECT 1 AS id") == (
        "the name metas is taken by a table or view that is not this application's",
        "Rename it, then run again: ALTER TABLE metas RENAME TO ...",
    )


def test_a_type_that_is_no_enum(postgres: sa.Engine) -> None:
    assert refusal(postgres, lambda op: op.ensure_enum(TIPO), "CREATE DOMAIN tipolista AS text") == (
        "the type tipolista exists and is no enum",
        "Rename it, then run again: ALTER TYPE tipolista RENAME TO ...",
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


def test_a_percent_sign_is_sent_as_it_is(postgres: sa.Engine) -> None:
    with postgres.connect() as connection:
        send(MigrationContext.configure(connection), "SELECT set_config('painel.revision', '100%s', true)")
        assert connection.exec_driver_sql("SELECT current_setting('painel.revision')").scalar_one() == "100%s"
