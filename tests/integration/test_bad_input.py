"""A database that no upgrade can be made of is refused: what, what to do, the exit code, and not a byte changed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.conftest import VERSIONS, engine_of
from tests.support import lineage, servers
from tests.support.command import Ran
from tests.support.refused import CPF, Target, assert_untouched

# The last state in which produtos has evento_id, the barcode and the 17 columns: most is left to do.
STATE = 18
ROWS = 6


@pytest.fixture(params=("postgresql", "sqlite"))
def target(
    request: pytest.FixtureRequest, server_of: Callable[[int], servers.Server], tmp_path: Path
) -> Iterator[Target]:
    """An empty database of each kind; of the PostgreSQL versions each case has one, the same on every run."""
    if request.param == "sqlite":
        yield Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
        return
    server = server_of(VERSIONS[len(request.node.name) % len(VERSIONS)])
    name = f"bad_{os.getpid()}"
    yield Target(engine_of(server.create_database(name)), server)
    server.drop_database(name)


# Not this application's database, or not at a revision of this history.


def test_another_application_s_database(target: Target) -> None:
    target.run(
        "CREATE TABLE pedidos (id INTEGER PRIMARY KEY, cpf VARCHAR(14))",
        "CREATE TABLE clientes (id INTEGER PRIMARY KEY)",
        f"INSERT INTO pedidos VALUES (1, '{CPF}')",
    )
    assert_untouched(
        target,
        4,
        "the database has 2 tables, and none of this application's",
        "Correct DATABASE_URL; an empty database will do",
    )


@pytest.mark.parametrize("revision", ["8f3c1d2e4b5a", "0999"], ids=["another_history", "newer"])
def test_a_revision_this_history_does_not_know(target: Target, revision: str) -> None:
    lineage.build(target.engine, STATE, rows=ROWS)
    target.run(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
        f"INSERT INTO alembic_version VALUES ('{revision}')",
    )
    assert_untouched(
        target,
        4,
        f"the database is at revision '{revision}', which this history does not know",
        "It may be newer than this copy: update this repository, or correct DATABASE_URL",
    )


def test_two_revisions_at_once(target: Target) -> None:
    lineage.build(target.engine, STATE, rows=ROWS)
    target.run(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('0001'), ('0002')",
    )
    assert_untouched(
        target,
        4,
        "alembic_version has 2 rows where it may have one: 0001, 0002",
        "Keep the later, 0002, then run again, and make verify: "
        "DELETE FROM alembic_version WHERE version_num <> '0002'",
    )


@pytest.mark.parametrize("kind", ["TABLE {} (a INTEGER)", "VIEW {} AS SELECT 1 AS a"], ids=["table", "view"])
@pytest.mark.parametrize(
    ("name", "whose"),
    [("alembic_version", "Alembic's"), ("migration_history", "this project's")],
    ids=["alembic", "us"],
)
def test_a_name_that_is_needed_is_taken(target: Target, kind: str, name: str, whose: str) -> None:
    lineage.build(target.engine, STATE)
    target.run("CREATE " + kind.format(name))
    what, full = f"the name {name} is taken by something that is not {whose}", name
    if target.server is not None and name == "migration_history" and kind.startswith("TABLE"):
        # On PostgreSQL a helper says it, the same in a pasted script.
        full = f"public.{name}"
        what = f"the table {full} is not this application's"
    todo = f"Rename it, then run again: ALTER TABLE {full} RENAME TO ..."
    if target.server is None and kind.startswith("VIEW"):
        todo = f"Drop it, make it anew under another name, then run again: DROP VIEW {name}"
    assert_untouched(target, 4, what, todo)


# Rows that do not fit the schema.


@dataclass
class Damage:
    """A state built with some columns defined in another way, rows changed, and what the upgrade says of it.

    `columns` gives definitions by table and column; `unconstrained`, tables without keys, unique and foreign, beside
    the primary one.
    """

    statements: tuple[str, ...]
    what: str
    todo: str
    columns: dict[tuple[str, str], str] = field(default_factory=dict)
    unconstrained: tuple[str, ...] = ()

    def inflict(self, target: Target) -> None:
        facts = lineage.load(STATE)
        labels = lineage.enum_labels(facts)
        for (table, column), definition in self.columns.items():
            facts["tables"][table]["columns"][column] = definition
        for table in self.unconstrained:
            facts["tables"][table]["foreign_keys"].clear()
            facts["tables"][table]["unique"].clear()
        lineage.metadata(facts).create_all(target.engine)
        lineage.seed(target.engine, ROWS, labels)
        target.run(f"UPDATE usuarios SET cpf = '{CPF}' WHERE id = 1", *self.statements)

    def todo_on(self, target: Target) -> str:
        """The advice, with the conditions that each dialect spells in its own way."""
        if target.server is None:
            return re.sub(
                r"\{(\w+) not in (.+)\}",
                r"lower(trim(\1, ' ' || char(9, 10, 13))) NOT IN (\2)",
                re.sub(r"\{(\w+) longer than (\d+)\}", r"length(\1) > \2", self.todo),
            )
        return re.sub(
            r"\{(\w+) not in (.+)\}",
            r"lower(btrim((\1)::text, E' \\t\\r\\n')) NOT IN (\2)",
            re.sub(
                r"\{(\w+) longer than (\d+)\}",
                r"NOT (\1 IS NULL OR length((\1)::text::text) <= \2)",
                self.todo,
            ),
        )


DAMAGES = {
    "null": Damage(
        columns={("eventos", "local"): "VARCHAR(255)"},
        statements=("UPDATE eventos SET local = 'aqui'", "UPDATE eventos SET local = NULL WHERE id IN (2, 3, 4)"),
        what="eventos.local: 3 rows hold NULL where the schema needs a value",
        todo="Give them a value, then run again. See them: SELECT id FROM eventos WHERE local IS NULL",
    ),
    "unknown_kind_of_user": Damage(
        columns={("usuarios", "tipo"): "VARCHAR(20) NOT NULL"},
        statements=("UPDATE usuarios SET tipo = 'operador' WHERE id IN (1, 5)",),
        what="usuarios.tipo: 2 rows hold a value that is no label of tipousuario",
        todo="Correct them, then run again. See them: SELECT id, tipo FROM usuarios "
        "WHERE {tipo not in 'admin', 'promoter', 'cliente'}",
    ),
    "blank_kind_of_user": Damage(
        columns={("usuarios", "tipo"): "VARCHAR(20) NOT NULL"},
        statements=("UPDATE usuarios SET tipo = ' ' WHERE id = 3",),
        what="usuarios.tipo: 1 row holds a value that is no label of tipousuario",
        todo="Correct them, then run again. See them: SELECT id, tipo FROM usuarios "
        "WHERE {tipo not in 'admin', 'promoter', 'cliente'}",
    ),
    "unknown_label": Damage(
        columns={("transacoes", "status"): "VARCHAR(20)"},
        statements=("UPDATE transacoes SET status = 'paga' WHERE id IN (1, 2, 3, 4)",),
        what="transacoes.status: 4 rows hold a value that is no label of statustransacao",
        todo="Correct them, then run again. See them: SELECT id, status FROM transacoes "
        "WHERE {status not in 'pendente', 'aprovada', 'cancelada'}",
    ),
    "orphans": Damage(
        unconstrained=("itens_venda_pdv",),
        statements=("UPDATE itens_venda_pdv SET produto_id = 90 + id WHERE id <= 4",),
        what="itens_venda_pdv.produto_id: 4 rows refer to rows of produtos that do not exist",
        todo="Restore or correct them, then run again. See them: SELECT id, produto_id FROM itens_venda_pdv "
        "WHERE produto_id NOT IN (SELECT id FROM produtos)",
    ),
    "duplicates": Damage(
        unconstrained=("transacoes",),
        statements=("UPDATE transacoes SET codigo_transacao = 'T' || (id / 2) WHERE id <= 5",),
        what="transacoes.codigo_transacao: 2 values occur more than once where they must be unique",
        todo="Make them unique, then run again. See them: SELECT codigo_transacao, count(*) FROM transacoes "
        "WHERE codigo_transacao IS NOT NULL GROUP BY codigo_transacao HAVING count(*) > 1",
    ),
    "too_long": Damage(
        columns={("produtos", "codigo_interno"): "VARCHAR(60)"},
        statements=(
            "UPDATE produtos SET codigo_interno = NULL",
            f"UPDATE produtos SET codigo_interno = '{CPF} e mais alguma coisa ' || id WHERE id <= 3",
        ),
        what="produtos.codigo_interno: 3 values do not fit VARCHAR(20)",
        todo="Shorten or correct them, then run again. See them: SELECT id, codigo_interno FROM produtos "
        "WHERE {codigo_interno longer than 20}",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_rows_that_do_not_fit(target: Target, damage: Damage) -> None:
    damage.inflict(target)
    assert_untouched(target, 4, damage.what, damage.todo_on(target))
    # What it shows is what it counts, in the database as it is now.
    shown = damage.todo_on(target).partition("See them: ")[2]
    with target.engine.connect() as connection:
        rows = connection.exec_driver_sql(shown.replace("%", "%%")).all()
    assert len(rows) == int(damage.what.split(": ")[1].split()[0])


def test_orphans_under_a_key_that_sqlite_never_enforced(tmp_path: Path) -> None:
    """SQLite ignores foreign keys unless told not to: the key is there, and rows that break it."""
    target = Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
    lineage.build(target.engine, STATE, rows=ROWS)
    target.run("DELETE FROM comandas WHERE id = 3")
    with target.engine.connect() as connection:
        (rows,) = connection.exec_driver_sql("SELECT count(*) FROM recargas_comanda WHERE comanda_id = 3").one()
    assert rows == 1
    assert_untouched(
        target,
        4,
        "recargas_comanda.comanda_id: 1 row refers to rows of comandas that do not exist",
        "Restore or correct them, then run again. See them: SELECT id, comanda_id FROM recargas_comanda "
        "WHERE comanda_id NOT IN (SELECT id FROM comandas)",
    )


def test_what_was_told_on_the_way_to_a_refusal_is_said_to_be_undone(
    target: Target, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thirty lines of what a run has retired, and then an error: who reads it has to know where the database is."""
    lineage.build(target.engine, 12, rows=2)
    target.run(
        "CREATE TABLE usuarios_old AS SELECT * FROM usuarios",
        "ALTER TABLE usuarios RENAME COLUMN nome TO nome_completo",
    )
    monkeypatch.setenv("DATABASE_URL", target.engine.url.render_as_string(hide_password=False))
    before = run("status")[1]
    code, out, _ = run("upgrade")
    assert (code, out.splitlines()[-1]) == (4, "Rolled back: the database is as it was")
    assert "retired table usuarios_old" in out
    assert run("status")[1] == before
