"""What people do to tables and columns by hand: one refusal says all of it, and what it says works as it is pasted."""

from __future__ import annotations

import re
from collections.abc import Sequence

import psycopg2
import pytest
import sqlalchemy as sa

from homecoming.errors import Refused
from tests.support import history, lineage, pasting

ROWS = 12


def refusal(engine: sa.Engine, state: int, statements: Sequence[str]) -> Refused:
    """Build a state with rows, do this to it, and be refused: by a run, and on PostgreSQL by what is pasted alike."""
    lineage.build(engine, state, rows=ROWS)
    run(engine, *statements)
    with pytest.raises(Refused) as caught:
        history.upgrade(engine)
    if engine.dialect.name == "postgresql":
        with pytest.raises(psycopg2.Error) as pasted:
            pasting.paste(engine, pasting.script("sql"))
        diagnosis = pasted.value.diag
        assert (diagnosis.message_primary, diagnosis.message_hint) == (caught.value.what, caught.value.todo)
    return caught.value


def run(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement.replace("%", "%%"))


def shown(engine: sa.Engine, refused: Refused) -> list[int]:
    """Return how many rows each SELECT of the advice shows, in the order of the faults."""
    queries = re.findall(r"See them: (SELECT [^\n]*)", refused.todo)
    with engine.connect() as connection:
        return [len(connection.exec_driver_sql(query.replace("%", "%%")).all()) for query in queries]


def test_a_column_renamed_by_hand(database: sa.Engine) -> None:
    refused = refusal(database, 22, ["ALTER TABLE usuarios RENAME COLUMN nome TO nome_completo"])
    spelled = "VARCHAR(255)" if database.dialect.name == "sqlite" else "character varying(255)"
    assert refused.what == "usuarios.nome is missing, and 12 rows need a value there"
    rename = "ALTER TABLE usuarios RENAME COLUMN nome_completo TO nome"
    assert refused.todo == (
        f"Before the next run, if nome_completo is it: {rename}; else add it, with a value for each row: "
        f"ALTER TABLE usuarios ADD COLUMN nome {spelled}; UPDATE usuarios SET nome = ..."
    )
    run(database, rename)
    history.upgrade(database)


def test_every_missing_column_of_every_table(database: sa.Engine) -> None:
    """Two that may be it are both named, for each column that is missing; one that was dropped has none."""
    refused = refusal(
        database,
        22,
        [
            "ALTER TABLE usuarios RENAME COLUMN nome TO nome_completo",
            "ALTER TABLE usuarios ADD COLUMN apelido VARCHAR(80)",
            "ALTER TABLE eventos RENAME COLUMN criador_id TO dono_id",
            "ALTER TABLE listas DROP COLUMN nome",
        ],
    )
    assert refused.what.splitlines() == [
        "1. usuarios.nome is missing, and 12 rows need a value there",
        "2. eventos.criador_id is missing, and 12 rows need a value there",
        "3. listas.nome is missing, and 12 rows need a value there",
    ]
    first, second, third = refused.todo.splitlines()
    renames = [
        "ALTER TABLE usuarios RENAME COLUMN nome_completo TO nome",
        "ALTER TABLE usuarios RENAME COLUMN apelido TO nome",
        "ALTER TABLE eventos RENAME COLUMN dono_id TO criador_id",
    ]
    assert all(rename in first for rename in renames[:2])
    assert renames[2] in second
    assert "RENAME" not in third
    added = re.search(r"ALTER TABLE listas ADD COLUMN [^;]+", third)
    assert added is not None
    run(database, renames[0], renames[2], added[0], "UPDATE listas SET nome = 'sem nome'")
    history.upgrade(database)


def test_columns_that_only_the_run_adds(database: sa.Engine) -> None:
    """A table nobody made with create_all(): all it lacks in one refusal, and what adds it works as it is."""
    serial, moment = ("INTEGER", "TIMESTAMP") if database.dialect.name == "sqlite" else ("serial", "timestamptz")
    made = "id {}, evento_id integer REFERENCES eventos, cliente_id integer, sucesso boolean, criado_em {}"
    refused = refusal(
        database,
        10,
        [
            f"CREATE TABLE validacoes_acesso ({made.format(f'{serial} PRIMARY KEY', moment)})",
            "INSERT INTO validacoes_acesso (evento_id, sucesso) SELECT id, true FROM eventos",
        ],
    )
    missing = ("cpf_hash", "qr_code_data", "cpf_digits")
    assert refused.what.splitlines() == [
        f"{number}. validacoes_acesso.{name} is missing, and 12 rows need a value there"
        for number, name in enumerate(missing, start=1)
    ]
    added = re.findall(r"ALTER TABLE validacoes_acesso ADD COLUMN [^;]+", refused.todo)
    assert len(added) == len(missing)
    run(database, *added, *(f"UPDATE validacoes_acesso SET {name} = '123'" for name in missing))
    history.upgrade(database)


def test_a_key_that_was_renamed_in_a_parent(database: sa.Engine) -> None:
    """What refers to it is no fault of its own."""
    refused = refusal(database, 22, ["ALTER TABLE empresas RENAME COLUMN id TO codigo"])
    assert refused.what == "empresas.id is missing, and 12 rows need a value there"
    rename = "ALTER TABLE empresas RENAME COLUMN codigo TO id"
    assert f"if codigo is it: {rename}; else bring it back from a backup" in refused.todo
    run(database, rename)
    history.upgrade(database)


def test_a_key_that_was_dropped(postgres: sa.Engine) -> None:
    refused = refusal(postgres, 22, ["ALTER TABLE usuarios DROP COLUMN id CASCADE"])
    assert refused.what == "usuarios.id is missing, and 12 rows need a value there"
    assert refused.todo == (
        "Before the next run, bring it back from a backup or, where nothing refers to it: "
        "ALTER TABLE usuarios ADD COLUMN id serial"
    )


def test_a_parent_that_is_gone(database: sa.Engine) -> None:
    cascade = " CASCADE" if database.dialect.name == "postgresql" else ""
    refused = refusal(database, 22, [f"DROP TABLE empresas{cascade}"])
    what, _, where = refused.what.partition(": ")
    assert what == "empresas is missing, and rows refer to it"
    counts = {place: int(count) for count, place in re.findall(r"(\d+) of (\S+?)(?:,|$)", where)}
    assert counts["eventos.empresa_id"] == 9
    assert refused.todo.startswith("Before the next run, bring it back from a backup. See them: SELECT ")
    assert shown(database, refused) == [sum(counts.values())]


def test_a_table_under_another_name(database: sa.Engine) -> None:
    refused = refusal(database, 22, ["ALTER TABLE usuarios RENAME TO usuarios2"])
    assert refused.what.startswith("usuarios is missing, and rows refer to it: ")
    rename = "ALTER TABLE usuarios2 RENAME TO usuarios"
    assert f"Before the next run, if usuarios2 is it: {rename}; else" in refused.todo
    run(database, rename)
    history.upgrade(database)


def test_a_table_that_is_only_there_as_a_copy(database: sa.Engine) -> None:
    """It is called by the name it has now, not by the one that the run gives it."""
    refused = refusal(
        database,
        22,
        [
            "ALTER TABLE usuarios RENAME TO usuarios_old",
            "ALTER TABLE usuarios_old DROP COLUMN nome",
            "ALTER TABLE usuarios_old RENAME COLUMN senha_hash TO senha",
        ],
    )
    assert refused.what.splitlines() == [
        "1. usuarios_old.nome is missing, and 12 rows need a value there",
        "2. usuarios_old.senha_hash is missing, and 12 rows need a value there",
    ]
    rename = "ALTER TABLE usuarios_old RENAME COLUMN senha TO senha_hash"
    added = re.search(r"ALTER TABLE usuarios_old ADD COLUMN [^;]+", refused.todo)
    assert rename in refused.todo
    assert added is not None
    run(database, rename, added[0], "UPDATE usuarios_old SET nome = 'Ana'")
    history.upgrade(database)


def test_views_under_the_names_of_tables(database: sa.Engine) -> None:
    refused = refusal(
        database,
        22,
        [
            "ALTER TABLE logs_auditoria RENAME TO registro",
            "CREATE VIEW logs_auditoria AS SELECT * FROM registro",
            "ALTER TABLE previsoes_ia RENAME TO futuro",
            "CREATE VIEW previsoes_ia AS SELECT * FROM futuro",
        ],
    )
    assert [line.split(". ", 1)[1] for line in refused.what.splitlines()] == [
        f"the name {name} is taken by a table or view that is not this application's"
        for name in ("logs_auditoria", "previsoes_ia")
    ]
    commands = re.findall(r"(?:DROP VIEW|ALTER TABLE) [^;\n]+", refused.todo)
    assert len(commands) == 4
    run(database, *commands)
    history.upgrade(database)
    with database.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM logs_auditoria").scalar() == ROWS


# PostgreSQL; SQLite's rows in what it has no ALTER for are in the tests of its operations.
FAULTS = (
    "ALTER TABLE eventos ALTER local DROP NOT NULL",
    "UPDATE eventos SET local = NULL WHERE id IN (2, 3)",
    "ALTER TABLE listas ALTER nome DROP NOT NULL",
    "UPDATE listas SET nome = NULL WHERE id = 4",
    "ALTER TABLE transacoes ALTER status TYPE varchar(20)",
    "UPDATE transacoes SET status = 'paga' WHERE id < 5",
    "ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey",
    "UPDATE itens_venda_pdv SET produto_id = 90 + id WHERE id < 4",
    "ALTER TABLE produtos ALTER preco TYPE varchar(20)",
    "UPDATE produtos SET preco = 'dez reais' WHERE id IN (3, 5)",
    "ALTER TABLE usuarios DROP CONSTRAINT usuarios_email_key",
    "UPDATE usuarios SET email = 'a@example.com' WHERE id < 4",
)


def test_faults_of_every_kind_at_once(postgres: sa.Engine) -> None:
    refused = refusal(postgres, 22, FAULTS)
    assert refused.what.splitlines() == [
        "1. usuarios.email: 1 value occurs more than once where they must be unique",
        "2. eventos.local: 2 rows hold NULL where the schema needs a value",
        "3. listas.nome: 1 row holds NULL where the schema needs a value",
        "4. transacoes.status: 4 rows hold a value that is no label of statustransacao",
        "5. produtos.preco: 2 values do not fit NUMERIC(10,2)",
        "6. itens_venda_pdv.produto_id: 3 rows refer to rows of produtos that do not exist",
    ]
    assert shown(postgres, refused) == [1, 2, 1, 4, 2, 3]


def test_orphans_and_labels_at_once_on_sqlite(sqlite: sa.Engine) -> None:
    """Keys that SQLite never enforced are looked at last, and still in the same refusal."""
    refused = refusal(
        sqlite,
        22,
        [
            "DELETE FROM comandas WHERE id = 3",
            "UPDATE transacoes SET status = 'paga' WHERE id < 5",
            "UPDATE produtos SET tipo = 'nada' WHERE id = 2",
        ],
    )
    assert refused.what.splitlines() == [
        "1. transacoes.status: 4 rows hold a value that is no label of statustransacao",
        "2. produtos.tipo: 1 row holds a value that is no label of tipoproduto",
        "3. recargas_comanda.comanda_id: 1 row refers to rows of comandas that do not exist",
    ]
    assert shown(sqlite, refused) == [4, 1, 1]


def test_orphans_beside_rows_that_come_back_from_a_copy(database: sa.Engine) -> None:
    """A SELECT over what is there now would show those as well that the run itself brings home."""
    if database.dialect.name == "postgresql":
        first = "ALTER TABLE itens_venda_pdv DROP CONSTRAINT itens_venda_pdv_produto_id_fkey"
    else:
        first = "PRAGMA foreign_keys"
    refused = refusal(
        database,
        22,
        [
            first,
            "UPDATE itens_venda_pdv SET produto_id = 5 WHERE id = 1",
            "UPDATE itens_venda_pdv SET produto_id = 6 WHERE id <> 1",
            "CREATE TABLE produtos_old AS SELECT * FROM produtos WHERE id = 6",
            *(
                ["ALTER TABLE movimentos_estoque DROP CONSTRAINT movimentos_estoque_produto_id_fkey"]
                if database.dialect.name == "postgresql"
                else []
            ),
            "UPDATE movimentos_estoque SET produto_id = 1",
            "DELETE FROM produtos WHERE id IN (5, 6)",
        ],
    )
    assert refused.what == "itens_venda_pdv.produto_id: 1 row refers to rows of produtos that do not exist"
    assert shown(database, refused) == [1]
