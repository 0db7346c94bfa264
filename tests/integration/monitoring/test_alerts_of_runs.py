"""Alerts as an operator gets them: of real runs and real looks, without anybody's secrets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support import history
from tests.support.alerting import CPF, PASSWORD, SECRET
from tests.support.command import Ran
from tests.support.history import HEAD
from tests.support.receiver import Receiver

Told = Callable[..., list[tuple[str, str]]]
"""Runs the command line; returns what the webhook got: cause and status of each alert."""


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Receiver]:
    monkeypatch.chdir(tmp_path)
    with Receiver() as started:
        monkeypatch.setenv("NO_PROXY", "*")
        monkeypatch.setenv("MIGRATION_ALERT_URL", f"http://127.0.0.1:{started.port}/{SECRET}")
        monkeypatch.setenv("MIGRATION_STATE", str(tmp_path / "state"))
        yield started


@pytest.fixture
def told(hook: Receiver, run: Callable[..., Ran]) -> Told:
    def main(*arguments: str, code: int = 0) -> list[tuple[str, str]]:
        before = len(hook.received)
        ended, said, errors = run(*arguments)
        assert ended == code, said + errors
        new = hook.received[before:]
        for text in (said, errors, *(request.body.decode() for request in new)):
            assert not any(canary in text for canary in (SECRET, PASSWORD, CPF))
        return [(request.json["cause"], request.json["status"]) for request in new]

    return main


def test_a_file_that_is_refused_drifts_and_comes_home(
    sqlite: sa.Engine, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", sqlite.url.render_as_string())
    history.upgrade(sqlite)

    def execute(statement: str) -> None:
        with sqlite.begin() as connection:
            connection.exec_driver_sql(statement)

    assert told("upgrade") == []
    execute("UPDATE alembic_version SET version_num = '9999'")
    assert told("upgrade", code=4) == [("refusal", "firing")]
    assert told("health", "--report", code=1) == []
    execute(f"UPDATE alembic_version SET version_num = '{HEAD}'")
    # Nothing is pending: whoever put it right, the refused run has nothing left to do.
    assert told("health", "--report") == [("refusal", "resolved")]
    execute(f"CREATE INDEX alheio ON usuarios (nome) WHERE cpf = '{CPF}'")
    assert told("health", "--report", code=1) == [("drift", "firing")]
    execute("DROP INDEX alheio")
    assert told("health", "--report") == [("drift", "resolved")]
    assert told("health", "--report") == []


def test_a_server_that_is_not_there(hook: Receiver, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://painel:{PASSWORD}@127.0.0.1:1/painel")
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    assert told("upgrade", code=3) == [("unreachable", "firing")]
    (request,) = hook.received
    assert request.json["database"] == "PostgreSQL painel on 127.0.0.1:1"
    assert told("health", "--report", code=1) == []
