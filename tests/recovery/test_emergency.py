"""What docs/emergency.md says is what happens: real servers and files give each symptom, and each answer."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg2
import pytest
import sqlalchemy as sa

from homecoming.connection.locks import lock_key
from painel_migrations.auto_migrate import run_auto_migration
from tests.conftest import engine_of
from tests.integration.test_advice import handed_over as handed_over
from tests.support import emergency, history, lineage, scars
from tests.support.command import Ran
from tests.support.proxy import HEALTHY, Fault, Moment, Proxy

ROWS = 4
SECTIONS = emergency.symptoms()


class Night:
    """Somebody at the keyboard, with the page: asks the commands as it writes them, and keeps what they said."""

    def __init__(
        self, run: Callable[..., Ran], handed_over: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._run, self._handed_over, self._monkeypatch = run, handed_over, monkeypatch
        self.asked: list[str] = []
        self.said = ""
        for name, value in {
            "LOCK_TIMEOUT": "0.2",
            "LOCK_PAUSES": "0.1",
            "LOCK_WAIT": "1",
            "CONNECT_ATTEMPTS": "1",
        }.items():
            monkeypatch.setenv(f"MIGRATION_{name}", value)

    def at(self, database: sa.Engine | str) -> None:
        """Turn to a database."""
        url = database if isinstance(database, str) else database.url.render_as_string(hide_password=False)
        self._monkeypatch.setenv("DATABASE_URL", url)

    def ask(self, command: str, code: int = 0) -> str:
        """Type a command, as the page shows it, and return what it says, in one line."""
        ended = self._run(*self._handed_over(command.removeprefix("make "))[2:])
        assert ended[0] == code, ended
        said = " ".join(f"{ended[1]} {ended[2]}".split())
        self.asked.append(command)
        self.said += said + "\n"
        return said

    def sees(self, words: str, error: BaseException) -> None:
        """The error is the one that the page has a section about."""
        assert re.search(".*".join(map(re.escape, words.split("..."))), str(error)), error

    def close(self, words: str) -> None:
        """The page begins as this did, and says no answer that did not come."""
        section = SECTIONS[words]
        assert self.asked[0] == section.commands[0]
        assert [answer for answer in section.answers if answer not in self.said] == []


@pytest.fixture
def night(run: Callable[..., Ran], handed_over: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch) -> Night:
    return Night(run, handed_over, monkeypatch)


def read(database: sa.Engine, table: str, state: int) -> list[object]:
    """Read a table as the application of that state does."""
    made = lineage.metadata(lineage.load(state))
    with database.connect() as connection:
        return list(connection.execute(sa.select(made.tables[table])))


def run_sql(database: sa.Engine, statement: str) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql(statement)


@pytest.fixture
def another(postgres: sa.Engine) -> Iterator[sa.Engine]:
    """A second database on the same server."""
    name = f"{postgres.url.database}_other"
    autocommit = postgres.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield engine_of(postgres.url.set(database=name).render_as_string(hide_password=False))
    with autocommit.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_server_that_closes(postgres: sa.Engine, night: Night) -> None:
    words = "server closed the connection unexpectedly"
    with Proxy(int(postgres.url.port or 0), Fault(Moment.TLS_ASKED, times=None)) as proxy:
        url = postgres.url.set(port=proxy.port)
        with pytest.raises(sa.exc.OperationalError) as raised:
            engine_of(url.render_as_string(hide_password=False)).connect()
        night.sees(words, raised.value)
        night.at(url.render_as_string(hide_password=False))
        night.ask("make doctor", 3)
        proxy.fault = HEALTHY
        night.ask("make doctor")
        assert "Done: at " in night.ask("make upgrade")
    night.close(words)


def test_a_private_name(night: Night) -> None:
    words = 'could not translate host name "postgres.railway.internal"'
    with pytest.raises(socket.gaierror):
        socket.getaddrinfo("postgres.railway.internal", 5432)
    url = "postgresql://painel@postgres.railway.internal:5432/railway"
    with pytest.raises(psycopg2.OperationalError) as raised:
        psycopg2.connect(url)
    night.sees(words, raised.value)
    night.at(url)
    night.ask("make doctor", 3)
    night.close(words)


def test_a_spelling_that_the_enum_does_not_know(postgres: sa.Engine, another: sa.Engine, night: Night) -> None:
    words = "invalid input value for enum tipousuario"
    for database in (postgres, another):
        lineage.build(database, 18, rows=ROWS)
    scars.apply(postgres, scars.get("postgresql", "tipousuario_lowercase_labels_only"))
    with pytest.raises(sa.exc.DataError) as raised:
        run_sql(postgres, "UPDATE usuarios SET tipo = 'ADMIN'")
    night.sees(words, raised.value)
    night.at(postgres)
    night.ask("make status")
    night.ask("make upgrade PLAN=1")
    night.ask("make upgrade")
    for kind in ("ADMIN", "admin"):
        run_sql(postgres, f"UPDATE usuarios SET tipo = '{kind}'")
    with pytest.raises(sa.exc.DataError) as raised:
        run_sql(postgres, "UPDATE usuarios SET tipo = 'PORTEIRO'")
    night.sees(words, raised.value)
    night.ask("make status")
    assert "Equal to head" in night.ask("make verify")
    scars.apply(another, scars.get("postgresql", "tipousuario_row_operador"))
    night.at(another)
    assert "SELECT id, tipo FROM usuarios" in night.ask("make upgrade PLAN=1", 4)
    night.close(words)


def test_a_spelling_that_the_application_does_not_know(sqlite: sa.Engine, tmp_path: Path, night: Night) -> None:
    words = "is not among the defined enum values"
    lineage.build(sqlite, 18, rows=ROWS)
    scars.apply(sqlite, scars.get("sqlite", "rows_lowercase"))
    with pytest.raises(LookupError) as raised:
        read(sqlite, "usuarios", 18)
    night.sees(words, raised.value)
    night.at(sqlite)
    night.ask("make status")
    night.ask("make upgrade")
    assert len(read(sqlite, "usuarios", 18)) >= ROWS
    night.ask("make status")
    unknown = engine_of(f"sqlite:///{tmp_path / 'operador.db'}")
    lineage.build(unknown, 18, rows=ROWS)
    scars.apply(unknown, scars.get("sqlite", "usuarios_tipo_operador"))
    night.at(unknown)
    assert "SELECT id, tipo FROM usuarios" in night.ask("make upgrade", 4)
    night.close(words)


def test_what_is_made_twice(database: sa.Engine, night: Night) -> None:
    words = "already exists"
    lineage.build(database, 18, rows=ROWS)
    with pytest.raises(sa.exc.DBAPIError) as raised, database.begin() as connection:
        lineage.metadata(lineage.load(18)).tables["usuarios"].create(connection, checkfirst=False)
    night.sees(words, raised.value)
    night.at(database)
    night.ask("make status")
    night.ask("make upgrade")
    night.ask("make status")
    run_sql(database, "DROP INDEX idx_produtos_nome")
    night.ask("make verify", 1)
    night.ask("make repair PLAN=1")
    night.ask("make repair")
    assert "Equal to head" in night.ask("make verify")
    night.close(words)


def test_an_application_of_another_day(database: sa.Engine, night: Night) -> None:
    words = "column ... does not exist" if database.dialect.name == "postgresql" else "no such column"
    lineage.build(database, 1, rows=ROWS)
    with pytest.raises(sa.exc.DBAPIError) as raised:
        read(database, "transacoes", 22)
    night.sees(words, raised.value)
    night.at(database)
    night.ask("make status")
    night.ask("make upgrade")
    read(database, "transacoes", 22)
    read(database, "produtos", 22)
    night.ask("make status")
    with pytest.raises(sa.exc.DBAPIError) as raised:
        read(database, "usuarios", 1)
    night.sees(words, raised.value)
    run_sql(database, "ALTER TABLE produtos DROP COLUMN imagem_url")
    with pytest.raises(sa.exc.DBAPIError) as raised:
        read(database, "produtos", 22)
    night.sees(words, raised.value)
    night.ask("make verify", 1)
    night.ask("make repair PLAN=1")
    night.ask("make repair")
    read(database, "produtos", 22)
    assert words in SECTIONS["column ... does not exist"].heading + SECTIONS["column ... does not exist"].text
    night.close("column ... does not exist")


def test_a_table_that_is_held(postgres: sa.Engine, night: Night) -> None:
    words = "lock timeout"
    lineage.build(postgres, 18, rows=ROWS)
    night.at(postgres)
    with postgres.connect() as holder:
        holder.exec_driver_sql("LOCK TABLE usuarios")
        with pytest.raises(sa.exc.OperationalError) as raised:
            run_sql(postgres, "SET LOCAL lock_timeout = '50ms'; ALTER TABLE usuarios ADD COLUMN apelido text")
        night.sees(words, raised.value)
        held = night.ask("make doctor")
        while "is held by session" not in held:
            # Who has held it for less than a second is not named.
            held = night.ask("make doctor")
        night.ask("make upgrade", 5)
        [end] = set(re.findall(r"SELECT pg_terminate_backend\(\d+\)", held))
        run_sql(postgres, end)
        holder.invalidate()
    with postgres.connect() as another_run:
        another_run.exec_driver_sql(f"SELECT pg_advisory_lock({lock_key()})")
        night.ask("make doctor")
    assert "Done: at " in night.ask("make upgrade")
    night.close(words)


def test_a_file_that_is_held(sqlite: sa.Engine, night: Night) -> None:
    words = "database is locked"
    lineage.build(sqlite, 18, rows=ROWS)
    night.at(sqlite)
    with sqlite.connect() as holder:
        holder.exec_driver_sql("CREATE TABLE rascunho (id INTEGER)")
        impatient = sa.create_engine(sqlite.url, connect_args={"timeout": 0.1}, poolclass=sa.pool.NullPool)
        with pytest.raises(sa.exc.OperationalError) as raised:
            run_sql(impatient, "DELETE FROM usuarios")
        night.sees(words, raised.value)
    with sqlite.connect() as holder:
        holder.rollback()
        holder.connection.driver_connection.execute("BEGIN EXCLUSIVE")  # type: ignore[union-attr]
        night.ask("make doctor", 3)
        night.ask("make upgrade", 5)
    night.ask("make doctor")
    assert "Done: at " in night.ask("make upgrade")
    night.close(words)


def test_a_whole_deployment_goes_back(
    postgres: sa.Engine, night: Night, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Application and database: the old one reads its own tables again, the new one would go forward at its start."""
    lineage.build(postgres, 5, rows=ROWS)
    before = read(postgres, "usuarios", 5)
    night.at(postgres)
    night.ask("make upgrade BACKUP=require")
    assert "make downgrade REV=base" in night.said
    [file] = re.findall(r"make restore FILE=(\S+),", night.said)
    run_sql(postgres, "UPDATE usuarios SET nome = 'Escrita depois' WHERE id = 1")
    assert "the run can go ahead" in night.ask("make downgrade REV=base PLAN=1")
    night.ask("make downgrade REV=base")
    assert "At: no revision" in night.ask("make status")
    assert len(read(postgres, "usuarios", 5)) == len(before)
    assert "Escrita depois" in str(read(postgres, "usuarios", 5))
    monkeypatch.setenv("MIGRATION_BACKUP", "off")
    assert run_auto_migration()
    assert f"At: {history.HEAD} (head)" in night.ask("make status")
    # To an older copy of this repository, the number is as this one is to ours.
    run_sql(postgres, "UPDATE alembic_version SET version_num = '9999'")
    assert not run_auto_migration()
    heard = capsys.readouterr()
    assert "Not migrated:" in heard.out + heard.err
    assert "which this history does not know" in night.ask("make downgrade REV=base", 4)
    assert "which this history does not know" in night.ask("make upgrade", 4)
    postgres.dispose()
    night.ask(f"make restore FILE={file}")
    assert read(postgres, "usuarios", 5) == before
