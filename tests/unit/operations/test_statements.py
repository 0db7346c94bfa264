"""Each operation's exact SQL for PostgreSQL, without a database."""

from __future__ import annotations

import inspect
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from homecoming.errors import UsageError
from homecoming.operations import ops, sqlite
from homecoming.operations.guarded import prologue, send
from homecoming.operations.literals import WIDTH, broken
from homecoming.operations.operation import OPERATIONS

TIPO = sa.Enum("VIP", "FREE", name="tipolista")


@pytest.fixture
def op() -> Any:
    """Operations that write PostgreSQL's SQL down. The helpers' text, which comes before the first, is left out."""
    opts = {"as_sql": True, "output_buffer": io.StringIO(), "homecoming_helpers": True}
    return Operations(MigrationContext.configure(dialect_name="postgresql", opts=opts))


def written(op: Any) -> str:
    """Return what was written, each statement with its semicolon."""
    return str(op.get_context().opts["output_buffer"].getvalue()).replace(";\n\n\n", ";\n")


def test_undo(op: Any) -> None:
    op.undo()
    assert written(op) == "CALL pg_temp.undo();\n"


def test_ensure_table(op: Any) -> None:
    op.ensure_table("metas", sa.Column("id", sa.Integer, primary_key=True, index=True), sa.Column("nome", sa.String(9)))
    assert written(op) == "CALL pg_temp.ensure_table('metas', '\nid serial\nnome varchar(9)\nindex (id)');\n"


def test_ensure_table_with_keys(op: Any) -> None:
    numero = sa.Column("numero", sa.String(20), nullable=False, unique=True)
    ativo = sa.Column("ativo", sa.Boolean, server_default="true", nullable=False)
    op.ensure_table("metas", numero, ativo, sa.UniqueConstraint("ativo", "numero"))
    assert written(op) == (
        "CALL pg_temp.ensure_table('metas', '\nnumero varchar(20)!\nativo boolean=true!\n"
        "unique (numero)\nunique (ativo, numero)');\n"
    )


def test_ensure_table_with_transitional_columns(op: Any) -> None:
    evento = sa.Column("evento_id", sa.Integer, sa.ForeignKey("eventos.id"), nullable=False)
    op.ensure_table("metas", sa.Column("cpf", sa.String(14), unique=True, index=True), transitional=[evento])
    assert written(op) == (
        "CALL pg_temp.ensure_table('metas', '\ncpf varchar(14)\nunique index (cpf)\n"
        "transitional evento_id integer! -> eventos');\n"
    )


def test_ensure_table_unless(op: Any) -> None:
    op.ensure_table("antiga", sa.Column("descricao", sa.Text), unless="nova")
    assert written(op) == "CALL pg_temp.ensure_table_unless('nova', 'antiga', '\ndescricao text');\n"


@pytest.mark.parametrize("default", ["a=b", "!", "->", "a\nb"])
def test_a_list_that_would_be_read_otherwise(op: Any, default: str) -> None:
    with pytest.raises(ValueError, match="cannot carry"):
        op.ensure_table("metas", sa.Column("nome", sa.Text, server_default=default))


def test_ensure_renamed(op: Any) -> None:
    op.ensure_renamed("antiga", "nova", required=["evento_id"])
    assert written(op) == "CALL pg_temp.rename_table('antiga', 'nova', 'evento_id');\n"


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


def test_transitional_column(op: Any) -> None:
    op.transitional_column("produtos", sa.Column("marca", sa.String(100)))
    assert written(op) == "CALL pg_temp.transitional_column('produtos', 'marca varchar(100)');\n"


def test_merge_column(op: Any) -> None:
    op.merge_column("usuarios", "tipo_usuario", into="tipo")
    assert written(op) == "CALL pg_temp.merge_column('usuarios', 'tipo_usuario', 'tipo');\n"


def test_ensure_enum(op: Any) -> None:
    op.ensure_enum(TIPO)
    assert written(op) == "CALL pg_temp.ensure_enum('tipolista', 'VIP', 'FREE');\n"


def test_ensure_enum_in_transition(op: Any) -> None:
    op.ensure_enum(TIPO, transitional=True)
    assert written(op) == "CALL pg_temp.ensure_some_enum('tipolista', 'VIP', 'FREE');\n"


def test_drop_enum(op: Any) -> None:
    op.drop_enum(TIPO)
    assert written(op) == "CALL pg_temp.drop_enum('tipolista');\n"


def test_ensure_unique(op: Any) -> None:
    op.ensure_unique("transacoes", "qr_code_ticket")
    assert written(op) == "CALL pg_temp.ensure_unique('transacoes', 'qr_code_ticket');\n"


def test_try_add_unique(op: Any) -> None:
    op.try_add_unique("listas", "codigo_cupom")
    assert written(op) == "CALL pg_temp.try_add_unique('listas', 'codigo_cupom');\n"


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


def test_retire_column(op: Any) -> None:
    op.retire_column("produtos", "evento_id")
    assert written(op) == "CALL pg_temp.retire_column('produtos', 'evento_id');\n"


def test_retire_copies(op: Any) -> None:
    op.retire_copies("empresas", "produtos")
    assert written(op) == (
        "CALL pg_temp.retire_copies(\n"
        "    'old|new|temp|tmp|backup|bkp|copy|copia|antigo|antiga', 'empresas cnpj',\n"
        "    'produtos codigo_interno,nome');\n"
    )


def test_retire_table(op: Any) -> None:
    op.retire_table("produtos_categorias")
    assert written(op) == "CALL pg_temp.retire_table('produtos_categorias');\n"


def test_fill_column(op: Any) -> None:
    op.fill_column("produtos", "marca", {"postgresql": "nome || '!'", "sqlite": "nome"}, reason="for all")
    call = """CALL pg_temp.change_stated('produtos', '"marca" IS NULL', 'for all', 'marca', 'nome || ''!''');\n"""
    assert written(op) == call


def test_change_rows(op: Any) -> None:
    op.change_rows("produtos", {"marca": "'x'", "preco": "preco * 2"}, where="id < 9", reason="a\n mistake")
    assert written(op) == (
        "CALL pg_temp.change_stated('produtos', 'id < 9', 'a mistake', 'marca', '''x''', 'preco', 'preco * 2');\n"
    )


def test_delete_rows(op: Any) -> None:
    op.delete_rows("produtos", where="id = 1", reason="twice")
    assert written(op) == "CALL pg_temp.delete_rows('produtos', 'id = 1', 'twice');\n"


@pytest.mark.parametrize("reason", ["", " \n"])
def test_no_row_goes_or_changes_without_a_reason(op: Any, reason: str) -> None:
    writes: tuple[Callable[[], Any], ...] = (
        lambda: op.delete_rows("produtos", where="true", reason=reason),
        lambda: op.change_rows("produtos", {"nome": "'x'"}, where="true", reason=reason),
        lambda: op.fill_column("produtos", "nome", "'x'", reason=reason),
    )
    for write in writes:
        with pytest.raises(UsageError, match="without a reason"):
            write()


def test_drop_unmanaged(op: Any) -> None:
    op.drop_unmanaged("conquistas", "produtos")
    assert written(op) == "CALL pg_temp.drop_unmanaged('conquistas', 'produtos');\n"


def test_both_dialects_take_the_table_first() -> None:
    """What one call gives both must be the same argument to both."""
    tables = set()
    for name, function in sqlite.OPERATIONS.items():
        helper = re.search(rf"PROCEDURE pg_temp\.{name}\((?:VARIADIC )?(\w+)", "".join(prologue()))
        first = [*inspect.signature(function).parameters, ""][1]
        if helper and helper[1] == "tbl":
            assert first in {"table", "name"}, name
            assert first == "table" or "table" not in inspect.signature(function).parameters, name
            tables.add(name)
    assert "ensure_no_index" in tables


def test_a_quote_in_a_name_stays_in_it(op: Any) -> None:
    op.retire_column("produtos", "d'agua")
    assert written(op) == "CALL pg_temp.retire_column('produtos', 'd''agua');\n"


def test_a_long_call_is_broken_where_nothing_changes(op: Any) -> None:
    """Between two arguments, a text between two words: literals that only a line break separates are one."""
    op.drop_unmanaged(*(f"tabela_{number}" for number in range(10)))
    body = "BEGIN " + "NEW.nome := 'com espaços  '; " * 4 + "RETURN NEW; END"
    op.ensure_trigger("espacos", "conquistas", "BEFORE INSERT", body, sqlite={})
    assert (
        written(op)
        == """\
CALL pg_temp.drop_unmanaged(
    'tabela_0', 'tabela_1', 'tabela_2', 'tabela_3', 'tabela_4', 'tabela_5', 'tabela_6', 'tabela_7',
    'tabela_8', 'tabela_9');
CALL pg_temp.ensure_trigger(
    'conquistas', 'espacos', 'BEFORE INSERT',
    'BEGIN NEW.nome := ''com espaços  ''; NEW.nome := ''com espaços  ''; NEW.nome := ''com '
    'espaços  ''; NEW.nome := ''com espaços  ''; RETURN NEW; END');
"""
    )


def test_a_broken_text_is_the_same_text_to_the_server(postgres: sa.Engine) -> None:
    text = "  d'agua  e ''mais'' " * 12
    lines = broken(text)
    assert len(lines) > 1
    assert max(map(len, lines)) < WIDTH
    array = "\n".join(broken([text, "a"]))
    with postgres.connect() as connection:
        found = connection.exec_driver_sql("SELECT " + "\n".join(lines) + f", {array}").one()
    assert tuple(found) == (text, [text, "a"])


def test_the_helpers_come_once_before_the_first_operation() -> None:
    opts = {"as_sql": True, "output_buffer": io.StringIO()}
    op: Any = Operations(MigrationContext.configure(dialect_name="postgresql", opts=opts))
    op.undo()
    op.undo()
    helpers = "".join(f"{statement.removesuffix(';')};\n\n\n" for statement in prologue())
    call = "CALL pg_temp.undo();\n\n\n"
    assert opts["output_buffer"].getvalue() == helpers + call + call  # type: ignore[attr-defined]


def test_lacking_column(op: Any) -> None:
    op.lacking_column("metas", sa.Column("nome", sa.String(9)))
    assert written(op) == "CALL pg_temp.lacking_column('metas', 'nome varchar(9)');\n"


def test_ensure_no_foreign_key(op: Any) -> None:
    op.ensure_no_foreign_key("metas", "evento_id")
    assert written(op) == "CALL pg_temp.ensure_no_foreign_key('metas', 'evento_id');\n"


def test_rename_label(op: Any) -> None:
    op.rename_label(sa.Enum("A", "B", name="letra"), "A", "C")
    assert written(op) == "CALL pg_temp.rename_label('letra', 'A', 'C');\n"


def test_every_operation_is_tried_here() -> None:
    """An operation without its exact SQL here has not been tried."""
    assert OPERATIONS
    assert [name for name in sorted(OPERATIONS) if f"test_{name}" not in globals()] == []


def test_every_operation_says_what_it_makes_true_and_has_what_it_asks_for() -> None:
    """Each name that a call may have is a helper of PostgreSQL and, unless it is for enums, a function of SQLite."""
    asked = set(re.findall(r'Call\((?:"\w+" if \w+ else )?"(\w+)"', inspect.getsource(ops)))
    asked |= set(re.findall(r'Call\("(\w+)" if', inspect.getsource(ops)))
    helpers = set(re.findall(r"PROCEDURE pg_temp\.(\w+)", "".join(prologue())))
    assert len(asked) >= len(OPERATIONS)
    assert asked <= helpers
    enums = {"ensure_enum", "ensure_some_enum", "drop_enum", "rename_label"}
    assert {name for name in asked if name not in sqlite.OPERATIONS} == enums
    assert [name for name, found in OPERATIONS.items() if not found.makes_true.endswith((".", ":"))] == []


def test_a_percent_sign_is_sent_as_it_is(postgres: sa.Engine) -> None:
    with postgres.connect() as connection:
        send(MigrationContext.configure(connection), "SELECT set_config('homecoming.revision', '100%s', true)")
        assert connection.exec_driver_sql("SELECT current_setting('homecoming.revision')").scalar_one() == "100%s"
