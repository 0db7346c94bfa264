"""`health` as it is called: text and JSON, exit codes, databases in every state, and nobody's secrets."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.monitoring import health_vitals, vitals
from tests.conftest import engine_of
from tests.support import command, history, lineage, scars
from tests.support.command import Ran
from tests.support.history import HEAD, after
from tests.support.refused import PASSWORD
from tests.support.servers import Server

CPF = "987.654.321-00"


@pytest.fixture
def database(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """An empty database of each kind, which DATABASE_URL names."""
    database.connect().close()
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    return database


def execute(engine: sa.Engine, *statements: str) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def document(run: Callable[..., Ran]) -> tuple[int, dict[str, Any]]:
    """The exit code and what `health --format json` printed, which is all that it printed."""
    code, said, _ = run("health", "--format", "json")
    return code, json.loads(said)


def state_of(written: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["state"] for check in written["checks"]}


def test_at_head(database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    history.upgrade(database)
    code, said, errors = run("health")
    assert (code, errors) == (0, "")
    first, second, *checks = said.splitlines()
    assert first == "healthy"
    assert second.startswith("Database: ")
    assert [line[:7] for line in checks] == ["  ok   "] * 11

    code, written = document(run)
    assert code == 0
    assert written["healthy"] is True
    assert written["revision"] == written["head"] == HEAD
    assert written["taken_at"].endswith("+00:00")
    assert 0 < written["seconds"] < 60

    # A warning leaves the exit code as it is.
    monkeypatch.setitem(health_vitals.THRESHOLDS, "latency", health_vitals.Threshold(0.0, None))
    code, said, _ = run("health")
    assert (code, said.splitlines()[0]) == (0, "healthy, with warnings: latency")

    execute(database, "DROP INDEX ix_usuarios_cpf", "CREATE TABLE de_ninguem (id INTEGER)")
    code, said, _ = run("health")
    assert code == 1
    assert said.splitlines()[0] == "unhealthy: differences from the schema: 1 (index usuarios.ix_usuarios_cpf)"
    code, written = document(run)
    assert (code, written["healthy"], state_of(written)["drift"]) == (1, False, "failed")


BEHIND = [(None, "the database is empty"), ("0002", f"at 0002, {after('0002')} behind head {HEAD}")]


@pytest.mark.parametrize(("revision", "said"), BEHIND)
def test_behind(revision: str | None, said: str, database: sa.Engine, run: Callable[..., Ran]) -> None:
    if revision:
        history.upgrade(database, revision)
    code, text, _ = run("health")
    assert (code, text.splitlines()[0]) == (1, f"unhealthy: {said}")
    assert "Next: make upgrade\n" in text
    code, written = document(run)
    assert code == 1
    assert state_of(written)["revision"] == "failed"


def test_another_applications_database(database: sa.Engine, run: Callable[..., Ran]) -> None:
    execute(database, "CREATE TABLE pedidos (id INTEGER PRIMARY KEY)")
    code, text, _ = run("health")
    assert code == 1
    assert text.splitlines()[0] == "unhealthy: the database has 1 table, and none of this application's"


@pytest.mark.parametrize("log", ["text", "json"])
def test_nobody_answers(log: str) -> None:
    """A whole process that logs an attempt: its standard output holds the document and nothing else."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        # Bound and not listening: nobody else takes it, and nobody answers.
        url = f"postgresql://painel:{PASSWORD}@127.0.0.1:{probe.getsockname()[1]}/painel"
        environ = command.environment(url, MIGRATION_CONNECT_ATTEMPTS="1", MIGRATION_LOG=log)
        ended = command.run(url, "health", "--format", "json", env=environ)
    written = json.loads(ended.out)
    assert (ended.code, written["healthy"]) == (1, False)
    assert "Connection refused" in written["checks"][0]["what"]
    assert written["checks"][0]["next"]
    states = state_of(written)
    assert (states.pop("reachable"), states.pop("last_run"), states.pop("backup")) == ("failed", "ok", "ok")
    assert set(states.values()) == {"unknown"}
    assert "Connection refused" in ended.err
    assert PASSWORD not in ended.out + ended.err


def test_a_missing_file(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:///nada.db")
    code, said, _ = run("health")
    assert (code, said.splitlines()[0]) == (1, "unhealthy: nada.db does not exist")
    assert not (tmp_path / "nada.db").exists()


def test_usage(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit) as ended:
        run("health", "--format", "xml")
    assert ended.value.code == 2
    monkeypatch.setenv("DATABASE_URL", f"mysql://root:{PASSWORD}@db/painel")
    code, said, errors = run("health")
    assert (code, said) == (2, "")
    assert PASSWORD not in errors


def test_no_password_and_no_row_is_told(
    server: Server, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what a session asks: the query of a transaction has a CPF, and so have the rows that stop an index."""
    engine = engine_of(server.create_database("segredos"))
    monkeypatch.setenv("DATABASE_URL", engine.url.set(password=PASSWORD).render_as_string(hide_password=False))
    monkeypatch.setattr(vitals.vitals, "__defaults__", (0.0,))
    monkeypatch.setitem(health_vitals.THRESHOLDS, "long_transactions", health_vitals.Threshold(0.0, None))
    try:
        execute(
            engine,
            "CREATE TABLE usuarios (id smallserial PRIMARY KEY, cpf text)",
            "SELECT setval('usuarios_id_seq', 32000)",
            f"INSERT INTO usuarios (cpf) VALUES ('{CPF}'), ('{CPF}')",
        )
        with (
            engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection,
            pytest.raises(sa.exc.IntegrityError),
        ):
            connection.exec_driver_sql("CREATE UNIQUE INDEX CONCURRENTLY um ON usuarios (cpf)")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT '{CPF}'")
            _, written = document(run)
            said = "".join(map(str, (*run("health"), *run("health", "--format", "json"))))
    finally:
        server.drop_database("segredos")
    states = state_of(written)
    names = "long_transactions", "invalid_indexes", "sequences"
    assert [states[name] for name in names] == ["warning", "warning", "failed"]
    assert CPF not in said
    assert PASSWORD not in said


def test_after_a_refusal_somebody_brought_it_home(database: sa.Engine, run: Callable[..., Ran]) -> None:
    """By the console, where this machine sees nothing of it: what was refused is not pending any more."""
    lineage.build(database, 1, rows=4)
    execute(database, "CREATE VIEW formas_pagamento AS SELECT 1 AS id")
    assert run("upgrade")[0] == 4
    execute(database, "DROP VIEW formas_pagamento")
    history.upgrade(database)
    code, said, _ = run("health")
    assert (code, "make upgrade PLAN=1" in said) == (0, False), said


def test_after_a_refusal_over_rows(database: sa.Engine, run: Callable[..., Ran]) -> None:
    """Neither health nor the doctor reads all rows: both lead to the command that does, which says what refuses it."""
    lineage.build(database, 22, rows=4)
    scars.apply(database, scars.get(database.dialect.name, "itens_orphaned"))
    refused = run("upgrade")
    assert refused[0] == 4
    code, said, _ = run("health")
    assert code == 1
    lines = said.splitlines()
    (place,) = (number for number, line in enumerate(lines) if " FAILED   revision " in line)
    assert lines[place + 1].strip() == "Next: make upgrade PLAN=1 says what is in its way, and what to do"
    assert "make doctor" not in said
    code, said, _ = run("doctor")
    assert (code, "make upgrade PLAN=1, which tries it on the rows as well" in " ".join(said.split())) == (0, True)
    planned = run("upgrade", "--plan")
    assert planned[0] == 4
    assert refused[2].splitlines()[-2:] == planned[2].splitlines()[-2:]
