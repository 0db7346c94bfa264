"""Every run leaves in the journal how it ended, and in the log, with one id, what it did; nothing of that fails it."""

from __future__ import annotations

import json
import logging
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from homecoming.connection.locks import lock_key
from homecoming.monitoring import journal, runs
from homecoming.monitoring.snapshot import Journal
from homecoming.settings import read_settings
from painel_migrations.auto_migrate import run_auto_migration
from tests.support import lineage
from tests.support.command import Ran

PASSWORD = "canario-5521"


def known() -> Journal:
    settings = read_settings()
    with journal.opened(settings.monitoring.state) as opened:
        return journal.read(opened, settings.candidates[0].place)


def configure(monkeypatch: pytest.MonkeyPatch, database: sa.Engine) -> None:
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))


def test_the_log_has_every_revision_with_its_rows_and_the_id_of_its_lines(
    database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    lineage.build(database, 16, rows=5)
    configure(monkeypatch, database)
    monkeypatch.setenv("MIGRATION_LOG", "json")
    code, out, _ = run("upgrade")
    assert code == 0
    told: list[dict[str, Any]] = [json.loads(line) for line in out.splitlines()]
    ended = {line["revision"]: line for line in told if line["event"] == "revision_ended"}
    with database.connect() as connection:
        lines = connection.exec_driver_sql("SELECT revision, rows_retired, run FROM migration_history").all()
    assert {revision: line["rows_retired"] for revision, line in ended.items()} == {
        revision: rows for revision, rows, _ in lines
    }
    assert sum(rows for _, rows, _ in lines) > 0
    assert {str(run) for _, _, run in lines} == {line["run"] for line in told}


def test_how_a_run_ended(database: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, database)
    run("upgrade")
    first = known()
    assert first.last_run is not None
    assert (first.last_run.way, first.last_run.direction, first.last_run.result) == ("command", "upgrade", "done")
    assert first.last_success == first.last_run.ended_at
    assert [(found.strategy, found.result, found.count) for found in first.attempts] == [("direct", "connected", 1)]
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'unknown'")
    assert run("upgrade")[0] == 4
    second = known()
    assert second.last_run is not None
    assert (second.last_run.result, second.last_run.exit_code) == ("refused", 4)
    assert second.last_success == first.last_success
    assert second.attempts[0].count == 2
    assert run("upgrade", "nonsense")[0] == 2
    assert known() == second, "a mistake in a command is no run"


def test_the_start_up_hook_is_a_run(
    sqlite: sa.Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    configure(monkeypatch, sqlite)
    monkeypatch.setattr(logging.getLogger("painel_migrations"), "propagate", True)
    with caplog.at_level(logging.INFO, "painel_migrations"):
        assert run_auto_migration()
    found = known().last_run
    assert found is not None
    assert (found.way, found.result) == ("start-up", "done")
    # By the application's own logging, which knows no run, each event says which one it is of.
    events = [record for record in caplog.records if hasattr(record, "event")]
    assert {getattr(record, "run", None) for record in events} == {found.run}
    monkeypatch.setenv("DATABASE_URL", f"postgresql://painel:{PASSWORD}@127.0.0.1:1/painel")
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    assert not run_auto_migration()
    ended = known()
    assert ended.last_run is not None
    assert (ended.last_run.result, ended.last_run.exit_code) == ("unreachable", 3)
    assert [(found.strategy, found.result) for found in ended.attempts] == [("direct", "refused")]
    assert PASSWORD.encode() not in (Path(".painel-migrations") / journal.FILE).read_bytes()
    assert PASSWORD not in caplog.text


def test_a_start_that_is_overdue_is_told(postgres: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, postgres)
    with postgres.begin() as other:
        other.exec_driver_sql(f"SELECT pg_advisory_xact_lock({lock_key()})")
        assert not run_auto_migration(limit=0.5)
    found = known().last_run
    assert found is not None
    assert found.exit_code != 0


def test_what_a_run_waited_for_another(
    postgres: sa.Engine, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, postgres)
    held = postgres.connect()
    held.exec_driver_sql(f"SELECT pg_advisory_lock({lock_key()})")
    threading.Timer(0.6, held.invalidate).start()
    began = time.monotonic()
    assert run("upgrade", "0001")[0] == 0
    assert 0.3 < known().lock_wait <= time.monotonic() - began
    held.close()


def test_a_journal_that_cannot_be_made(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is kept among the user's own temporary files; where even that cannot be, the run goes on without it."""
    tmp_path.joinpath("file").write_text("a file is in the folder's place")
    monkeypatch.setenv("MIGRATION_STATE", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert run("upgrade", "0001")[0] == 0
    [place] = tmp_path.glob(f"painel-migrations-*/{journal.FILE}")
    assert place.parent.stat().st_mode & 0o777 == 0o700
    found = known()
    assert found.last_run is not None
    assert found.last_run.result == "done"

    place.parent.chmod(0o755)
    code, out, err = run("upgrade")
    assert (code, err) == (0, "")
    assert "Done: at" in out
    with pytest.raises(PermissionError):
        known()


def test_how_it_ended_is_said_before_anybody_is_told(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A webhook may take ten seconds."""
    said: list[str] = []
    monkeypatch.setenv("DATABASE_URL", f"postgresql://painel:{PASSWORD}@127.0.0.1:1/painel")
    monkeypatch.setenv("MIGRATION_CONNECT_ATTEMPTS", "1")
    monkeypatch.setattr(runs, "report_run", lambda *_: said.append(capsys.readouterr().err))
    assert run("upgrade")[0] == 3
    [before] = said
    assert before.startswith("Error: the database cannot be reached")


def test_words_for_numbers_in_the_journal_are_no_reason_not_to_look(run: Callable[..., Ran]) -> None:
    run("upgrade")
    with journal.opened(read_settings().monitoring.state) as opened:
        opened.execute("UPDATE runs SET ended_at = 'soon'")
    assert run("health")[0] == 0


def test_a_run_that_fails_to_be_reported_is_still_done(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIGRATION_ALERT_URL", "no web address")
    monkeypatch.setenv("MIGRATION_ALERT_STYLE", "nonsense")
    monkeypatch.setenv("MIGRATION_METRICS_FILE", "no/such/folder/painel.prom")
    code, out, err = run("upgrade")
    assert (code, err) == (0, "")
    assert "Done: at" in out
    assert "no web address" not in out
