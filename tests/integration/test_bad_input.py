"""What no upgrade can be made of is refused: one line of what, one of what to do, the exit code, and nothing changed.

Each case runs through the command line as a user does. A password in the URL and a CPF in the rows are canaries: they
are in no output, not even that of `--verbose`.
"""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import VERSIONS, engine_of
from tests.support import command, lineage, servers, whole

PASSWORD = "canario-da-senha"
CPF = "98765432100"

# The last state in which produtos has evento_id, the barcode and the 17 columns: most is left to do.
STATE = 18
ROWS = 6


@dataclass
class Target:
    """A database to be refused, and the server it is on if it is on one."""

    engine: sa.Engine
    server: servers.Server | None

    @property
    def url(self) -> sa.URL:
        """The URL a user would give, with a password where there can be one."""
        return self.engine.url if self.server is None else self.engine.url.set(password=PASSWORD)

    def run(self, *statements: str) -> None:
        with self.engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)


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


def assert_refused(url: sa.URL | str, code: int, what: str, todo: str, *arguments: str) -> None:
    """Run the command with and without `--verbose`: it ends with the two lines and the code, and tells no secret."""
    arguments = arguments or ("upgrade",)
    plain = command.run(url, *arguments)
    assert (plain.err, plain.code) == (f"Error: {what}\nNext: {todo}\n", code)
    verbose = command.run(url, "--verbose", *arguments)
    assert verbose.err.endswith(plain.err)
    assert verbose.code == code
    for said in (plain.out, plain.err, verbose.out, verbose.err):
        assert PASSWORD not in said
        assert CPF not in said


def assert_untouched(target: Target, code: int, what: str, todo: str) -> None:
    """Be refused, and find the database byte for byte as it was."""
    before = whole.of(target.engine, target.server)
    assert_refused(target.url, code, what, todo)
    assert whole.of(target.engine, target.server) == before


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
        todo="Correct them, then run again. See them: SELECT tipo, count(*) FROM usuarios GROUP BY tipo",
    ),
    "blank_kind_of_user": Damage(
        columns={("usuarios", "tipo"): "VARCHAR(20) NOT NULL"},
        statements=("UPDATE usuarios SET tipo = ' ' WHERE id = 3",),
        what="usuarios.tipo: 1 row holds a value that is no label of tipousuario",
        todo="Correct them, then run again. See them: SELECT tipo, count(*) FROM usuarios GROUP BY tipo",
    ),
    "unknown_label": Damage(
        columns={("transacoes", "status"): "VARCHAR(20)"},
        statements=("UPDATE transacoes SET status = 'paga' WHERE id IN (1, 2, 3, 4)",),
        what="transacoes.status: 4 rows hold a value that is no label of statustransacao",
        todo="Correct them, then run again. See them: SELECT status, count(*) FROM transacoes GROUP BY status",
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
        "GROUP BY codigo_transacao HAVING count(*) > 1",
    ),
    "too_long": Damage(
        columns={("produtos", "codigo_interno"): "VARCHAR(60)"},
        statements=(
            "UPDATE produtos SET codigo_interno = NULL",
            f"UPDATE produtos SET codigo_interno = '{CPF} e mais alguma coisa ' || id WHERE id <= 3",
        ),
        what="produtos.codigo_interno: 3 values do not fit VARCHAR(20)",
        todo="Shorten or correct them, then run again. See them: SELECT id, codigo_interno FROM produtos",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_rows_that_do_not_fit(target: Target, damage: Damage) -> None:
    damage.inflict(target)
    assert_untouched(target, 4, damage.what, damage.todo)


# Files that are no database, or cannot be written.


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


def test_a_text_file(tmp_path: Path) -> None:
    file = tmp_path / "eventos.db"
    file.write_text(f"cpf;nome\n{CPF};Maria\n")
    before = file.read_bytes()
    assert_refused(
        f"sqlite:///{file}", 4, f"{file} is no SQLite database", "Correct DATABASE_URL, or move the file away"
    )
    assert file.read_bytes() == before


def test_a_file_cut_short(tmp_path: Path) -> None:
    target = Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
    lineage.build(target.engine, 1, rows=ROWS)
    file = tmp_path / "eventos.db"
    file.write_bytes(file.read_bytes()[:8192])
    assert_untouched(
        target, 4, "the file is damaged, or is no SQLite database", "Bring it back from a backup, or move it away"
    )


def test_a_missing_folder(tmp_path: Path) -> None:
    file = tmp_path / "dados" / "eventos.db"
    assert_refused(
        f"sqlite:///{file}",
        2,
        f"the folder of {file} does not exist",
        f"Make it, or correct DATABASE_URL: mkdir -p {file.parent}",
    )
    assert not file.parent.exists()


def test_a_folder(tmp_path: Path) -> None:
    assert_refused(
        f"sqlite:///{tmp_path}",
        2,
        f"{tmp_path} is a folder",
        "Name a file in DATABASE_URL, such as sqlite:///eventos.db",
    )


READ_ONLY = (4, "the file cannot be written by this user", "Change its permissions or its folder's, then run again")


def test_a_file_opened_read_only(tmp_path: Path) -> None:
    target = Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
    lineage.build(target.engine, STATE, rows=ROWS)
    before = whole.of(target.engine, None)
    assert_refused(f"sqlite:///file:{tmp_path / 'eventos.db'}?mode=ro&uri=true", *READ_ONLY)
    assert whole.of(target.engine, None) == before


def test_a_file_without_permission_to_write(tmp_path: Path) -> None:
    """Root may write what nobody may: where the tests are root's, the command runs as nobody."""
    options: dict[str, Any] = {}
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        try:
            subprocess.run(
                [sys.executable, "-c", "import painel_migrations.cli, sqlalchemy"],
                check=True,
                env=command.environment(""),
                cwd="/",
                stderr=subprocess.DEVNULL,
                **options,
            )
        except (PermissionError, subprocess.CalledProcessError):
            pytest.skip("run by root, and this clone or its interpreter is closed to the account nobody")
    target = Target(engine_of(f"sqlite:///{tmp_path / 'eventos.db'}"), None)
    lineage.build(target.engine, STATE, rows=ROWS)
    before = whole.of(target.engine, None)
    file = tmp_path / "eventos.db"
    closed = [
        path
        for path in (tmp_path, *tmp_path.parents)
        if path.owner() == file.owner() and path.stat().st_mode & 0o77 == 0
    ]
    for path in closed:
        path.chmod(0o711)
    file.chmod(0o444)
    try:
        ended = command.run(f"sqlite:///{file}", "upgrade", cwd="/", **options)
    finally:
        for path in closed:
            path.chmod(0o700)
    code, what, todo = READ_ONLY
    assert (ended.err, ended.code) == (f"Error: {what}\nNext: {todo}\n", code)
    assert whole.of(target.engine, None) == before


# Servers that cannot be reached, or will not have it.


def test_a_read_only_server(server_of: Callable[[int], servers.Server]) -> None:
    """A standby, or a database set to read-only while it is moved."""
    server = server_of(18)
    name = f"bad_{os.getpid()}"
    target = Target(engine_of(server.create_database(name)), server)
    lineage.build(target.engine, 1, rows=ROWS)
    target.run(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert_untouched(target, 4, "the server is read-only", "Connect to the primary server, then run again")
    server.drop_database(name)


def test_a_role_that_owns_nothing(server_of: Callable[[int], servers.Server]) -> None:
    server = server_of(18)
    name = f"bad_{os.getpid()}"
    target = Target(engine_of(server.create_database(name)), server)
    lineage.build(target.engine, STATE, rows=ROWS)
    role = f"leitor_{os.getpid()}"
    target.run(f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    before = whole.of(target.engine, server)
    ended = command.run(target.url.set(username=role), "upgrade")
    assert ended.code == 4
    what, todo = ended.err.splitlines()
    assert what.startswith("Error: this role may not do what is needed: ")
    assert todo == "Next: Connect as the owner of the tables, then run again"
    assert whole.of(target.engine, server) == before
    server.drop_database(name)
    with engine_of(server.url()).begin() as connection:
        connection.exec_driver_sql(f"DROP ROLE {role}")


def test_a_database_the_server_does_not_have(server_of: Callable[[int], servers.Server]) -> None:
    url = sa.make_url(server_of(16).url("sumiu")).set(password=PASSWORD)
    assert_refused(
        url,
        3,
        'the server refuses the connection: database "sumiu" does not exist',
        "Check DATABASE_URL, then run again",
    )


def test_no_server() -> None:
    assert_refused(
        f"postgresql://painel:{PASSWORD}@127.0.0.1:1/eventos",
        3,
        'the database cannot be reached: connection to server at "127.0.0.1", port 1 failed: Connection refused',
        "Check DATABASE_URL and the network, then run again",
    )


# What is not a URL of a database, and what is not a revision.

EXAMPLE = "postgresql://user:password@host:5432/name or sqlite:///eventos.db"


@pytest.mark.parametrize(
    "url", [f"mysql://painel:{PASSWORD}@host/eventos", f"postgresql+psycopg3://painel:{PASSWORD}@host/eventos"]
)
def test_another_product(url: str) -> None:
    assert_refused(
        url, 2, "DATABASE_URL names a database that is neither PostgreSQL nor SQLite", f"Write it as {EXAMPLE}"
    )


@pytest.mark.parametrize(
    "url",
    [f"eventos.db {PASSWORD}", f"postgresql:/painel:{PASSWORD}", f"postgresql://painel:{PASSWORD}@host:porta/eventos"],
    ids=["words", "one_slash", "port"],
)
def test_a_garbled_url(url: str) -> None:
    assert_refused(
        url,
        2,
        "DATABASE_URL is not a database URL",
        f"Write it as {EXAMPLE}; in user and password write @ as %40, : as %3A, / as %2F, % as %25",
    )


@pytest.mark.parametrize("verb", ["upgrade", "downgrade"])
def test_a_revision_that_is_none(tmp_path: Path, verb: str) -> None:
    file = tmp_path / "eventos.db"
    what = "Can't locate revision identified by '9999'"
    assert_refused(f"sqlite:///{file}", 2, what, "See the revisions: make status", verb, "9999")
    assert not sa.inspect(engine_of(f"sqlite:///{file}")).get_table_names()
