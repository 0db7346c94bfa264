"""The start-up hook: under FastAPI, in several processes at once, in its time, never in the application's way."""

from __future__ import annotations

import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.catalog import Severity, verify
from homecoming.connection.locks import lock_key
from painel_migrations.auto_migrate import deploy_monitor, run_auto_migration
from tests.conftest import engine_of
from tests.support import command, conservation, history, lineage, scars, servers, whole
from tests.support.history import HEAD, ROOT
from tests.support.proxy import Action, Fault, Moment, Proxy
from tests.support.refused import PASSWORD

ROWS = 6
WITHIN = 60.0
"""Seconds until a test gives up waiting; what it waits for takes two on an idle machine."""

REPLICAS = 3


def production(engine: sa.Engine) -> None:
    """A database as production's was: tables of different days, every user's type in lower case."""
    lineage.build(engine, 18, 22, rows=ROWS)
    scars.apply(engine, scars.get("postgresql", "tipousuario_six_labels_rows_lowercase"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def served(url: sa.URL | str, port: int, **variables: str) -> subprocess.Popen[str]:
    """Start the application; its log is on standard error."""
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "uvicorn",
            "tests.support.served_application:app",
            "--port",
            str(port),
            "--lifespan",
            "on",
        ],
        env=command.environment(url, PYTHONWARNINGS="default", **variables),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def asked(process: subprocess.Popen[str], port: int, path: str) -> object:
    """Return what the application answers, as soon as it does."""
    deadline = time.monotonic() + WITHIN
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=WITHIN) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except OSError:
            time.sleep(0.05)
    process.kill()
    raise AssertionError(f"the application does not answer: {process.communicate()[1][-2000:]}")


def ended(process: subprocess.Popen[str]) -> str:
    """End the application and return its log."""
    process.terminate()
    return process.communicate(timeout=WITHIN)[1]


def errors(log: str) -> list[str]:
    return [line for line in log.splitlines() if line.startswith(("ERROR painel", "CRITICAL painel"))]


def test_replicas_that_start_at_once(postgres: sa.Engine) -> None:
    """Before it, a user whose type is in lower case cannot be loaded; after it every replica loads them all."""
    production(postgres)
    before = conservation.take(postgres)
    ports = [free_port() for _ in range(REPLICAS)]
    processes = [served(postgres.url, port) for port in ports]
    try:
        assert [asked(process, port, "/") for process, port in zip(processes, ports, strict=True)] == [True] * REPLICAS
        for process, port in zip(processes, ports, strict=True):
            loaded = asked(process, port, "/usuarios")
            assert isinstance(loaded, list)
            assert len(loaded) == ROWS
            assert set(loaded) <= {"ADMIN", "PROMOTER", "CLIENTE"}
    finally:
        logs = [ended(process) for process in processes]
    assert [errors(log) for log in logs] == [[]] * REPLICAS
    with postgres.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
        ran = connection.exec_driver_sql("SELECT count(DISTINCT run), min(way) FROM public.migration_history").one()
    assert tuple(ran) == (1, "start-up")
    assert conservation.missing(before, postgres) == []


def test_the_application_starts_where_nothing_can_be_migrated(postgres: sa.Engine) -> None:
    """A row no enum knows is refused; the application starts all the same, and says why in one line."""
    production(postgres)
    scars.apply(postgres, scars.get("postgresql", "tipousuario_row_operador"))
    port = free_port()
    process = served(postgres.url, port)
    try:
        assert asked(process, port, "/") is False
    finally:
        log = ended(process)
    (line,) = errors(log)
    assert line.startswith("ERROR painel_migrations.auto_migrate Not migrated: usuarios.tipo: ")
    assert line.endswith(". The application starts on the database as it is")
    assert "WARNING painel_migrations.auto_migrate Migration: not done in " in log
    assert not sa.inspect(postgres).has_table("alembic_version")


@pytest.fixture
def at_head(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    history.at_head(postgres)
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    return postgres


def through(url: sa.URL, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", url.set(port=proxy.port).render_as_string(hide_password=False))


AT_HEAD = 10
"""Messages of the client at a start that finds nothing to do: three of the log-in without a password and the good-bye,
one that lifts the limit between transactions, and five of the transaction that asks: its begin, read-only on a safe
path without limits, the look for what is planted, the question itself, its end; one to spare. SQLAlchemy's questions
about a new connection, seven messages, are answered from the log-in."""


def test_a_start_at_head_costs_one_connection(
    at_head: sa.Engine, server: servers.Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Proxy(server.port) as proxy:
        through(at_head.url, proxy, monkeypatch)
        assert run_auto_migration() is True
        assert len(proxy.seen) == 1
        assert proxy.seen[0].client <= AT_HEAD
    assert [record.getMessage() for record in caplog.records if record.name.endswith("auto_migrate")] == [
        f"The database is at {HEAD}: nothing to do"
    ]


def failed_within(limit: float, caplog: pytest.LogCaptureFixture) -> str:
    """Run the hook, which must fail in time, and return the one line it says why in."""
    caplog.clear()
    began = time.monotonic()
    assert run_auto_migration(limit) is False
    # The limit itself, and what a loaded machine adds.
    assert time.monotonic() - began < limit + 20
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.name == "painel_migrations.auto_migrate"
    return record.getMessage()


STALLS = [
    Fault(Moment.ACCEPTED, Action.STALL, times=None),
    Fault(Moment.AUTHENTICATION, Action.STALL, times=None),
    Fault(Moment.SERVER_MESSAGE, Action.STALL, number=60, times=None),
    Fault(Moment.SERVER_MESSAGE, Action.STALL, number=200, times=None),
]


@pytest.mark.parametrize("fault", STALLS, ids=str)
def test_a_server_that_falls_silent(
    server_of: Callable[[int], servers.Server],
    fault: Fault,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = server_of(18)
    name = f"startup_{os.getpid()}"
    engine = engine_of(server.create_database(name))
    lineage.build(engine, 18, rows=ROWS)
    before = whole.of(engine, server)
    with Proxy(server.port, fault) as proxy:
        through(engine.url, proxy, monkeypatch)
        assert failed_within(4, caplog) == (
            "Not migrated: not through within 4 s; rolled back, nothing was changed. "
            "Next: make upgrade, before the deploy, where there is no such limit. "
            "The application starts on the database as it is"
        )
        assert proxy.struck
    with engine_of(server.url()).connect() as watching:
        deadline = time.monotonic() + WITHIN
        query = f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}'"
        while watching.exec_driver_sql(query).scalar_one():
            watching.rollback()
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert whole.of(engine, server) == before
    server.drop_database(name)


def test_a_port_nobody_listens_at(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://painel:{PASSWORD}@127.0.0.1:1/eventos")
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "2")
    caplog.set_level(logging.DEBUG)
    assert failed_within(60, caplog) == (
        'Not migrated: the database cannot be reached: connection to server at "127.0.0.1", port 1 failed: '
        "Connection refused. Next: See that the server runs and DATABASE_URL has its host and port, then run again. "
        "The application starts on the database as it is"
    )
    assert PASSWORD not in caplog.text


def test_attempts_end_with_the_time(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """What is left behind in its thread tries no more: nothing may change once the application serves."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://painel@127.0.0.1:1/eventos")
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1000")
    caplog.set_level(logging.INFO)
    failed_within(1, caplog)
    tried = caplog.text.count("(attempt ")
    time.sleep(3)
    assert caplog.text.count("(attempt ") <= tried + 1


@pytest.mark.parametrize("lock_timeout", ["0.2", "30"])
def test_a_table_that_is_held(
    postgres: sa.Engine, lock_timeout: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The one line that is seen names who holds it, and the next step ends that session: it is run here."""
    lineage.build(postgres, 18)
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    monkeypatch.setenv("MIGRATION_LOCK_TIMEOUT", lock_timeout)
    with postgres.connect() as holding:
        pid = holding.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        holding.exec_driver_sql("LOCK TABLE produtos IN ACCESS EXCLUSIVE MODE")
        line = failed_within(8, caplog)
        assert "Not migrated: not through within 8 s; rolled back, nothing was changed; met on the way: " in line
        assert f"pid {pid}, user " in line
        assert "(it holds a lock of produtos)" in line
        [statement] = re.findall(r"SELECT pg_terminate_backend\(\d+\)", line)
        with postgres.connect() as ending:
            assert ending.exec_driver_sql(statement).scalar_one() is True
        holding.invalidate()
    assert not sa.inspect(postgres).has_table("alembic_version")
    assert run_auto_migration() is True


def test_another_run_that_holds_the_lock(
    postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres.url.render_as_string(hide_password=False))
    with postgres.connect() as holding:
        pid = holding.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        holding.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        line = failed_within(8, caplog)
    assert "Not migrated: another run holds the lock for more than 5 s: " in line
    assert f"pid {pid}, user " in line


@pytest.mark.parametrize(
    ("url", "what"),
    [
        (f"postgresql://painel:{PASSWORD}@h:porta/d", "DATABASE_URL is not a database URL"),
        ("sqlite:///nada/eventos.db", "the folder of nada/eventos.db does not exist"),
    ],
)
def test_settings_that_cannot_be_followed(
    url: str, what: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert failed_within(60, caplog).startswith(f"Not migrated: {what}. Next: ")
    assert PASSWORD not in caplog.text


def test_a_defect_does_not_reach_the_application(
    sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", str(sqlite.url))

    def fail(*_: object, **__: object) -> None:
        raise SystemExit("cpf 987.654.321-00")

    monkeypatch.setattr("homecoming.hook.run_to", fail)
    assert failed_within(60, caplog) == (
        "Not migrated: unexpected error: SystemExit. Next: See why: make upgrade, with --verbose. "
        "The application starts on the database as it is"
    )


def test_a_file_that_is_held(
    sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What was given up stays undone when the file is let go: the application serves by then."""
    lineage.build(sqlite, 7, rows=ROWS)
    before = whole.of(sqlite, None)
    monkeypatch.setenv("DATABASE_URL", str(sqlite.url))
    with sqlite.begin():
        assert "Not migrated: " in failed_within(3, caplog)
    time.sleep(3)
    assert whole.of(sqlite, None) == before


def test_a_file_that_takes_too_long(
    sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DATABASE_URL", str(sqlite.url))
    assert "rolled back, nothing was changed" in failed_within(0.2, caplog)
    time.sleep(5)
    assert sa.inspect(sqlite).get_table_names() == []


def test_a_file_of_a_developer(sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    lineage.build(sqlite, 7, 22, rows=ROWS)
    before = conservation.take(sqlite)
    monkeypatch.setenv("DATABASE_URL", str(sqlite.url))
    assert [run_auto_migration(), run_auto_migration()] == [True, True]
    with sqlite.connect() as connection:
        assert [found for found in verify(connection) if found.severity is Severity.FAIL] == []
    assert conservation.missing(before, sqlite) == []


@pytest.fixture
def info(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO)
    return caplog


def test_what_the_application_logs_about_its_start(
    info: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgres://painel:{PASSWORD}@db:5432/eventos")
    deploy_monitor.log_startup_info()
    deploy_monitor.log_migration_status(True, 1.25)
    deploy_monitor.log_migration_status(False, None)
    first, *others = [record.getMessage() for record in info.records]
    assert first.endswith(", database: PostgreSQL eventos on db:5432 (DATABASE_URL)")
    assert others == ["Migration: done in 1.2 s", "Migration: not done; see the error above"]
    info.clear()
    monkeypatch.setenv("DATABASE_URL", PASSWORD)
    deploy_monitor.log_startup_info()
    assert info.messages[0].endswith(", database: unknown")
    assert PASSWORD not in info.text


# As the application itself does it: the hook runs while main.py is imported, and basicConfig comes last.
EARLY = """
import logging, os

import sqlalchemy as sa
import sqlalchemy.orm
from fastapi import FastAPI
from {module} import run_auto_migration, deploy_monitor

{before}
base = sa.orm.declarative_base()


class Empresa(base):
    __tablename__ = "empresas"
    id = sa.Column(sa.Integer, primary_key=True)
    nome = sa.Column(sa.String(255), nullable=False)
    cnpj = sa.Column(sa.String(18), unique=True, nullable=False)


engine = sa.create_engine(os.environ["DATABASE_URL"])
base.metadata.create_all(engine)
deploy_monitor.log_startup_info()
migrated = run_auto_migration()
deploy_monitor.log_migration_status(migrated, 1.0)
ours = logging.getLogger("painel_migrations")
left = (ours.handlers, ours.level, ours.propagate)
logging.basicConfig(level=logging.INFO, format="APP %(levelname)s %(message)s")
logging.getLogger("app").info("pronto")
ours.info("depois")
app = FastAPI()


@app.get("/healthz")
def healthz() -> dict[str, object]:
    return {{"migrated": migrated, "left": repr(left)}}
"""


def early(folder: Path, before: str = "", url: str = "sqlite:///banco.db") -> tuple[object, str]:
    """Serve an application laid out as the real one: backend/app/main.py. Returns what it answers, and its log."""
    package = folder / "backend" / "app"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "main.py").write_text(EARLY.format(module="painel_migrations.auto_migrate", before=before))
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port)],
        env=command.environment(url, PYTHONWARNINGS="default"),
        cwd=package.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        answer = asked(process, port, "/healthz")
    finally:
        log = ended(process)
    return answer, log


def test_it_is_seen_before_the_application_configures_its_logging(tmp_path: Path) -> None:
    answer, log = early(tmp_path)
    assert answer == {"migrated": True, "left": "([], 0, True)"}, "the application finds its logging as it was"
    lines = log.splitlines()
    seen = [line for line in lines if line.startswith("INFO:painel_migrations.")]
    head = len(list((ROOT / "alembic/versions").glob("[0-9]*.py")))
    assert len([line for line in seen if re.match(r"INFO:painel_migrations\.deploy:-> \d{4}  ", line)]) == head
    assert re.match(
        r"INFO:painel_migrations\.auto_migrate:painel-migrations \S+, Python \S+, database: SQLite ", seen[0]
    )
    assert seen[-1] == "INFO:painel_migrations.auto_migrate:Migration: done in 1.0 s"
    assert len(set(seen)) == len(seen), "nothing twice"
    # What docs/deploy.md says is seen there.
    [page] = re.findall(r"```text\n(INFO:.*?)```", (ROOT / "docs/deploy.md").read_text(), re.DOTALL)
    passing = r"database: .*|\d+\.[\d.]+|\bat \d{4}, after \d+ revisions"
    told = [re.sub(passing, "", line) for line in page.splitlines() if line != "..."]
    assert len(told) == 4
    assert set(told) <= {re.sub(passing, "", line) for line in seen}
    # Afterwards all is the application's own.
    assert [line for line in lines if line.startswith("APP")][:2] == ["APP INFO pronto", "APP INFO depois"]
    assert not [line for line in lines if line.startswith("APP") and "0001" in line]


def test_why_not_is_seen_there_too(tmp_path: Path) -> None:
    answer, log = early(tmp_path, "os.environ['MIGRATION_CONNECT_ATTEMPTS'] = 'muitas'")
    assert isinstance(answer, dict)
    assert answer["migrated"] is False
    said = [line for line in log.splitlines() if "Not migrated: MIGRATION_CONNECT_ATTEMPTS is not a count" in line]
    assert len(said) == 1
    assert said[0].startswith("ERROR:painel_migrations.auto_migrate:")


@pytest.mark.parametrize(("level", "shown"), [("INFO", True), ("WARNING", False)])
def test_an_application_that_has_configured_its_logging_is_followed(tmp_path: Path, level: str, shown: bool) -> None:
    answer, log = early(tmp_path, f"logging.basicConfig(level='{level}', format='FIRST %(levelname)s %(message)s')")
    assert isinstance(answer, dict)
    assert answer["migrated"] is True
    assert log.count("FIRST INFO -> 0001  ") == shown
    assert log.count("-> 0001  ") == shown
