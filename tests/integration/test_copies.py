"""Leftover copies: which copy's rows come back, what references to them become, and what comes home at all."""

from __future__ import annotations

from typing import Any

import psycopg2
import pytest
import sqlalchemy as sa

from homecoming.catalog import Severity, verify
from homecoming.errors import Refused
from homecoming.operations.copies import is_ours, natural_keys
from tests.support import conservation, history, lineage, pasting, scars

ROWS = 12
TEMP = (
    "CREATE TABLE produtos_temp (id INTEGER PRIMARY KEY, nome VARCHAR(255) NOT NULL, descricao TEXT, "
    "tipo VARCHAR(8) NOT NULL, preco NUMERIC(10, 2) NOT NULL)"
)
PRODUTOS_TEMP = (
    TEMP,
    "INSERT INTO produtos_temp VALUES (1, 'Água', NULL, 'BEBIDA', 5), (2, 'Pão', NULL, 'COMIDA', 7.5)",
)


def do(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def rows(engine: sa.Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def assert_at_head(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []


def refers_to(engine: sa.Engine, table: str, column: str) -> list[str]:
    return [
        key["referred_table"]
        for key in sa.inspect(engine).get_foreign_keys(table)
        if key["constrained_columns"] == [column]
    ]


def test_the_keys_that_tell_a_row() -> None:
    assert natural_keys("usuarios") == (("cpf",), ("email",))
    assert natural_keys("clientes_eventos") == (("cpf",),)
    assert natural_keys("vendas_pdv") == (("numero_venda",),)
    assert natural_keys("produtos") == (("codigo_interno", "nome"),)
    assert natural_keys("eventos") == natural_keys("nothing_of_ours") == ()


@pytest.mark.parametrize(
    ("table", "columns", "ours"),
    [
        ("produtos_temp", {"id", "nome", "tipo", "preco"}, True),
        ("_alembic_tmp_usuarios", {"id", "cpf", "email", "outra"}, True),
        ("produtos_temp", {"id", "sku"}, False),
        ("produtos_temp", {"id"}, False),
        ("produtos_temp", {"nome", "tipo", "preco"}, False),
        ("produtos_temperos", {"id", "nome", "tipo", "preco"}, False),
        ("produtos_temp", {"id", "nome", "name", "price", "sku", "stock"}, False),
    ],
)
def test_a_copy_is_ours_by_its_name_and_its_columns(table: str, columns: set[str], ours: bool) -> None:
    assert is_ours(table, columns) is ours


@pytest.mark.parametrize("name", ["produtos_temp", "produtos_backup_20250827_101459", "_alembic_tmp_produtos"])
def test_a_database_of_nothing_but_a_copy(database: sa.Engine, name: str) -> None:
    do(database, *(statement.replace("produtos_temp", name) for statement in PRODUTOS_TEMP))
    history.upgrade(database)
    assert_at_head(database)
    assert rows(database, "SELECT id, nome FROM produtos ORDER BY id") == [(1, "Água"), (2, "Pão")]


def test_a_database_of_nothing_but_a_copy_by_paste(postgres: sa.Engine) -> None:
    do(postgres, *PRODUTOS_TEMP)
    pasting.paste(postgres, pasting.script("sql"))
    assert_at_head(postgres)
    assert rows(postgres, "SELECT id, nome FROM produtos ORDER BY id") == [(1, "Água"), (2, "Pão")]


def test_another_application_s_table_that_is_named_like_a_copy(database: sa.Engine) -> None:
    """By hand and by paste, also by the script that goes to an older revision."""
    do(database, "CREATE TABLE produtos_temp (id INTEGER PRIMARY KEY, sku VARCHAR(9), price NUMERIC(10, 2))")
    what = "the database has 1 table, and none of this application's"
    with pytest.raises(Refused) as caught:
        history.upgrade(database)
    assert caught.value.what == what
    if database.dialect.name == "postgresql":
        for arguments in ((), ("--to", "0005")):
            with pytest.raises(psycopg2.Error, match=what):
                pasting.paste(database, pasting.script("sql", *arguments))


def test_the_copy_with_the_latest_moment_comes_first(database: sa.Engine) -> None:
    """Two copies hold the missing row: the one whose rows were changed last is right, whenever it was made."""
    lineage.build(database, 18, rows=ROWS)
    do(
        database,
        "CREATE TABLE produtos_backup_b AS SELECT * FROM produtos WHERE id = 6",
        "CREATE TABLE produtos_backup_a AS SELECT * FROM produtos WHERE id = 6",
        "UPDATE produtos_backup_b SET preco = 77, atualizado_em = '2025-08-29 12:00:00'",
        "DELETE FROM itens_venda_pdv WHERE produto_id = 6",
        "DELETE FROM movimentos_estoque WHERE produto_id = 6",
        "DELETE FROM produtos WHERE id = 6",
    )
    before = conservation.take(database)
    history.upgrade(database)
    assert rows(database, "SELECT preco FROM produtos WHERE id = 6") == [(77,)]
    assert conservation.missing(before, database) == []


def registered_again(database: sa.Engine) -> dict[int, str]:
    """People who were registered again under other ids; return whom each entry was of."""
    lineage.build(database, 18, rows=ROWS)
    scars.apply(database, scars.get(database.dialect.name, "clientes_eventos_registered_again"))
    return dict(rows(database, NOW.replace("clientes_eventos c", "clientes_eventos_old c")))


NOW = "SELECT v.id, c.cpf FROM validacoes_acesso v JOIN clientes_eventos c ON c.id = v.cliente_id ORDER BY v.id"
REFERENCES = "SELECT id, cliente_id FROM validacoes_acesso ORDER BY id"


def test_references_follow_the_natural_key_there_and_back(database: sa.Engine) -> None:
    people = registered_again(database)
    before, numbers = conservation.take(database), rows(database, REFERENCES)
    history.upgrade(database)
    assert_at_head(database)
    assert dict(rows(database, NOW)) == people
    assert rows(database, REFERENCES) != numbers
    assert len(rows(database, "SELECT id FROM clientes_eventos")) == ROWS
    history.downgrade(database, "base")
    assert conservation.missing(before, database) == []
    assert rows(database, REFERENCES) == numbers
    assert refers_to(database, "validacoes_acesso", "cliente_id") == ["clientes_eventos_old"]
    history.upgrade(database)
    assert_at_head(database)
    assert dict(rows(database, NOW)) == people


def test_references_stay_where_a_row_was_written_since(database: sa.Engine) -> None:
    """What refers to somebody new would be of another person, or of nobody, in the copy."""
    people = registered_again(database)
    history.upgrade(database)
    do(
        database,
        "INSERT INTO clientes_eventos (id, cpf, nome_completo) VALUES (5000, '99999999999', 'Nova')",
        "UPDATE validacoes_acesso SET cliente_id = 5000 WHERE id = 1",
    )
    people[1] = "99999999999"
    history.downgrade(database, "base")
    assert dict(rows(database, NOW)) == people
    assert refers_to(database, "validacoes_acesso", "cliente_id") == ["clientes_eventos"]


def test_a_reference_that_no_key_tells_names_the_copy_and_the_rows_there(database: sa.Engine) -> None:
    """One person by the cpf, another by the address: the SELECT shows both, also after the run was undone."""
    lineage.build(database, 18, rows=ROWS)
    old = rows(database, "SELECT cpf, email FROM usuarios WHERE id IN (3, 4) ORDER BY id")
    do(
        database,
        "CREATE TABLE usuarios_old (id INTEGER PRIMARY KEY, cpf VARCHAR(14), nome VARCHAR(255), email VARCHAR(255), "
        "criado_em TIMESTAMP)",
        f"INSERT INTO usuarios_old VALUES (900, '{old[0][0]}', 'Ana', '{old[1][1]}', '2025-01-01 00:00:00')",
        "CREATE TABLE cracha (id INTEGER PRIMARY KEY, usuario_id INTEGER REFERENCES usuarios_old (id))",
        "INSERT INTO cracha VALUES (1, 900), (2, 900), (3, NULL)",
    )
    with pytest.raises(Refused) as caught:
        history.upgrade(database)
    assert caught.value.what == (
        "cracha.usuario_id: 2 rows refer to rows of usuarios_old that find no place in usuarios"
    )
    shown = rows(database, caught.value.todo.rpartition(": ")[2])
    assert sorted(shown) == [(1, 900, 3), (1, 900, 4), (2, 900, 3), (2, 900, 4)]
    do(database, "UPDATE usuarios_old SET email = NULL")
    history.upgrade(database)
    assert rows(database, "SELECT id, usuario_id FROM cracha ORDER BY id") == [(1, 3), (2, 3), (3, None)]


def test_a_row_of_the_same_name_is_the_same_row(database: sa.Engine) -> None:
    """Somebody's cpf was corrected, and its old one is another's now: references stay with the person."""
    lineage.build(database, 18, rows=ROWS)
    (cpf,) = rows(database, "SELECT cpf FROM clientes_eventos WHERE id = 2")
    scar = "CREATE TABLE clientes_eventos_old (id INTEGER PRIMARY KEY, cpf VARCHAR(11), nome_completo VARCHAR(255))"
    do(
        database,
        scar,
        "INSERT INTO clientes_eventos_old SELECT id, cpf, nome_completo FROM clientes_eventos",
        f"UPDATE clientes_eventos_old SET cpf = '{cpf[0]}' WHERE id = 1",
        "DELETE FROM clientes_eventos_old WHERE id = 2",
        "CREATE TABLE visitas (id INTEGER PRIMARY KEY, cliente_id INTEGER REFERENCES clientes_eventos_old (id))",
        "INSERT INTO visitas VALUES (1, 1)",
    )
    history.upgrade(database)
    assert rows(database, "SELECT cliente_id FROM visitas") == [(1,)]


@pytest.mark.parametrize(
    ("new", "moment", "back"),
    [
        ("Vinho", "NULL", None),
        ("Cerveja", "NULL", 2),
        ("Vinho", "'2025-08-29 12:00:00'", None),
        ("Cerveja", "'2025-08-29 12:00:00'", 2),
    ],
)
def test_a_kept_cell_is_not_given_to_another_row(database: sa.Engine, new: str, moment: str, back: int | None) -> None:
    """NULL says nothing about who a row is; its name may."""
    lineage.build(database, 20, rows=ROWS)
    do(
        database,
        "INSERT INTO produtos (id, nome, tipo, preco, evento_id, criado_em) "
        "VALUES (900, 'Cerveja', 'BEBIDA', 9, 2, NULL)",
    )
    history.upgrade(database)
    kept = "retired_produtos__evento_id" if database.dialect.name == "sqlite" else "retired.produtos__evento_id"
    do(
        database,
        "DELETE FROM produtos WHERE id = 900",
        f"INSERT INTO produtos (id, nome, tipo, preco, criado_em) VALUES (900, '{new}', 'BEBIDA', 30, {moment})",
    )
    history.downgrade(database, "0017")
    assert rows(database, "SELECT evento_id FROM produtos WHERE id = 900") == [(back,)]
    if back is None:
        assert rows(database, f"SELECT id, evento_id FROM {kept}") == [(900, 2)]


def rebuilt(engine: sa.Engine, *statements: str) -> None:
    """A state whose `produtos` was rebuilt beside a copy that the sales still refer to, and what is done to it then."""
    lineage.build(engine, 18, rows=5)
    scars.apply(engine, scars.get("postgresql", "startup_rebuild_sold_since"))
    do(engine, *statements)


def test_rows_that_go_back_under_fresh_ids_refer_to_each_other(postgres: sa.Engine) -> None:
    """A key of the table to the copy: what it refers to is known only when the rows are back."""
    columns = "preco, tipo"
    with_event = f"{columns}, evento_id"
    copied = "INSERT INTO produtos_old_deploy (id, nome, codigo_interno, pai_id, criado_em, "
    copied += f"{with_event}) SELECT"
    rebuilt(
        postgres,
        "ALTER TABLE produtos_old_deploy ADD pai_id integer",
        "ALTER TABLE produtos ADD pai_id integer REFERENCES produtos_old_deploy (id)",
        f"{copied} 500, 'A', 'CA', NULL, now() - interval '9 days', {with_event} FROM produtos_old_deploy LIMIT 1",
        f"{copied} 501, 'X', 'CX', 500, now() - interval '9 days', {with_event} FROM produtos_old_deploy LIMIT 1",
        f"INSERT INTO produtos (id, nome, codigo_interno, {columns}) VALUES (500, 'B', 'CB', 3, 'BEBIDA'), "
        "(501, 'Y', 'CY', 3, 'BEBIDA')",
        "UPDATE itens_venda_pdv SET produto_id = 501 WHERE id = (SELECT max(id) FROM itens_venda_pdv)",
        "UPDATE itens_venda_pdv SET produto_id = 500 WHERE id = (SELECT min(id) FROM itens_venda_pdv)",
    )
    history.upgrade(postgres)
    parents = "SELECT p.nome, pai.nome FROM produtos p JOIN produtos pai ON pai.id = p.pai_id"
    assert rows(postgres, parents) == [("X", "A")]


def test_a_key_to_a_copy_that_looked_at_no_row_is_asked_for_all(postgres: sa.Engine) -> None:
    rebuilt(
        postgres,
        "CREATE TABLE relatorio (id integer PRIMARY KEY, produto_id integer)",
        "INSERT INTO relatorio VALUES (1, 987654)",
        "ALTER TABLE relatorio ADD FOREIGN KEY (produto_id) REFERENCES produtos_old_deploy (id) NOT VALID",
    )
    with pytest.raises(Refused, match="produto_id: 1 row refers to rows of produtos that do not exist"):
        history.upgrade(postgres)
