"""A place where no database is, or none that can be changed, is refused: a file, a server, a URL, a revision."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.conftest import engine_of
from tests.support import command, lineage, servers, whole
from tests.support.refused import CPF, PASSWORD, Target, assert_refused, assert_untouched

STATE = 18
ROWS = 6

# Files that are no database, or cannot be written.


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
                [sys.executable, "-c", "import painel_migrations.auto_migrate, homecoming.cli, sqlalchemy"],
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
    assert_untouched(
        target,
        4,
        f"transactions of the role postgres in the database {name} are set to read-only",
        "Connect to the primary server, or lift it: SET default_transaction_read_only = off; "
        f"ALTER ROLE postgres IN DATABASE {name} SET default_transaction_read_only = off",
    )
    server.drop_database(name)


def test_a_role_that_owns_nothing(server_of: Callable[[int], servers.Server]) -> None:
    server = server_of(18)
    if server.version < 15:
        pytest.skip("before 15 everybody may create in schema public, and one refusal is less")
    name = f"bad_{os.getpid()}"
    target = Target(engine_of(server.create_database(name)), server)
    lineage.build(target.engine, STATE, rows=ROWS)
    role = f"leitor_{os.getpid()}"
    target.run(f"CREATE ROLE {role} LOGIN", f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}")
    before = whole.of(target.engine, server)
    ended = command.run(target.url.set(username=role), "upgrade")
    owned = f"the role {role} may not alter what postgres owns: analytics_meep, caixa_pdv, caixas_eventos and 30 more"
    assert (ended.code, ended.err) == (4, f"Error: {owned} (and 2 more, listed above)\nNext: Connect as postgres\n")
    assert [line for line in ended.out.splitlines() if line.startswith("Refused: ")] == [
        f"Refused: {owned}. Connect as postgres",
        (
            f"Refused: the role {role} may not create the schema retired, which keeps what is taken out of the way."
            f" As the database's owner: GRANT CREATE ON DATABASE {name} TO {role}"
        ),
        (
            f"Refused: the role {role} may not create tables in schema public."
            f" As the schema's owner: GRANT USAGE, CREATE ON SCHEMA public TO {role}"
        ),
    ]
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
        "Another attempt would say the same. Correct the database's name in DATABASE_URL, then run again",
    )


def test_no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    assert_refused(
        f"postgresql://painel:{PASSWORD}@127.0.0.1:1/eventos",
        3,
        'the database cannot be reached: connection to server at "127.0.0.1", port 1 failed: Connection refused',
        "See that the server runs and DATABASE_URL has its host and port, then run again. Or paste "
        f"fix-{date.today()}.sql into the database's console, as said above",
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
    assert_refused(f"sqlite:///{file}", 2, what, "See the revisions: .venv/bin/alembic history", verb, "9999")
    assert not sa.inspect(engine_of(f"sqlite:///{file}")).get_table_names()
