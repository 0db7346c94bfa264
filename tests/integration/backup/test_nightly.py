"""The night's work: a backup, its proof, a drill once a week, a look; each step whatever became of the others."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from homecoming.backup import manifest
from homecoming.backup.manifest import Proof
from tests.integration.backup.test_backup import address, made
from tests.support import command, history, lineage
from tests.support.command import Ran
from tests.support.history import ROOT

BACKUPS = Path("backups")
SCRIPT = ROOT / "scripts/maintenance/nightly.sh"


@pytest.fixture
def filled(database: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> sa.Engine:
    """A database of each kind at head, with rows."""
    lineage.build(database, 18, rows=2)
    history.upgrade(database)
    monkeypatch.setenv("DATABASE_URL", address(database))
    monkeypatch.setenv("MIGRATION_STATE", str(Path(".state").absolute()))
    return database


def night(engine: sa.Engine, **variables: str) -> command.Ended:
    return command.of(engine.url, "sh", str(SCRIPT), NIGHTLY_PYTHON=sys.executable, **variables)


def steps(ended: command.Ended) -> list[str]:
    return [line.removeprefix("nightly: ") for line in ended.out.splitlines() if line.startswith("nightly: ")]


@pytest.mark.parametrize("database", ["pg18", "sqlite"], indirect=True)
def test_a_night_s_work(filled: sa.Engine, run: Callable[..., Ran]) -> None:
    ended = night(filled, MIGRATION_METRICS_FILE="painel.prom")
    assert ended.code == 0, ended
    assert steps(ended) == [f"{verb} ended with exit code 0" for verb in ("backup", "backup-verify", "health")]
    _, told = made()
    assert told.made_for == "nightly"
    assert told.proven is not None
    assert told.drilled is not None
    assert re.search(r"^  ok       backup             the newest is 0 min old$", ended.out, re.MULTILINE)
    metrics = Path("painel.prom").read_text()
    assert re.search(r"^painel_backups\{.*\} 1\.0$", metrics, re.MULTILINE)
    for name in ("backup", "backup_proven", "backup_drilled"):
        moment = re.search(rf"^painel_{name}_timestamp_seconds\{{.*\}} (\S+)$", metrics, re.MULTILINE)
        assert moment is not None
        assert abs(time.time() - float(moment[1])) < 300
    assert "painel_backup_size_bytes{database=" in metrics
    assert re.search(rf"^painel_backup_size_bytes\{{.*\}} {float(told.size)!r}$", metrics, re.MULTILINE)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("days", "drilled"), [(3, False), (6.9, True), (9, True)])
def test_a_drill_is_once_a_week(filled: sa.Engine, run: Callable[..., Ran], days: float, drilled: bool) -> None:
    assert run("backup")[0] == 0
    _, told = made()
    at = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    manifest.write(replace(told, drilled=Proof(at, "a temporary file", {})), BACKUPS)
    time.sleep(1.1)
    ended = night(filled)
    newest = manifest.found(BACKUPS)[0]
    assert newest.proven is not None
    assert (newest.drilled is not None) == drilled
    assert ended.code == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestWhatFails:
    """The other steps are done, and the exit code says what failed first."""

    def test_no_backup(self, filled: sa.Engine) -> None:
        Path("taken").write_text("")
        ended = night(filled, MIGRATION_BACKUP_DIR="taken/backups")
        assert ended.code == 2
        assert steps(ended) == ["backup ended with exit code 2", "health ended with exit code 0"]

    def test_not_shipped(self, filled: sa.Engine) -> None:
        ended = night(filled, MIGRATION_BACKUP_COMMAND="false")
        assert ended.code == 8
        assert steps(ended)[1:] == ["backup-verify ended with exit code 0", "health ended with exit code 0"]
        assert made()[1].proven is not None

    def test_not_healthy(self, filled: sa.Engine, run: Callable[..., Ran]) -> None:
        assert run("downgrade", "0017")[0] == 0
        ended = night(filled)
        assert (ended.code, steps(ended)[-1]) == (1, "health ended with exit code 1")

    def test_a_number_that_is_none(self, filled: sa.Engine) -> None:
        ended = night(filled, NIGHTLY_DRILL_DAYS="weekly")
        assert (ended.code, "NIGHTLY_DRILL_DAYS is not a whole number from 1 to 365" in ended.err) == (2, True)
        assert not BACKUPS.exists()

    def test_a_signal_ends_it(self, filled: sa.Engine) -> None:
        Path("ship").write_text("#!/bin/sh\ntouch begun; exec sleep 60\n")
        Path("ship").chmod(0o700)
        variables = {"MIGRATION_BACKUP_COMMAND": str(Path("ship").absolute()), "NIGHTLY_PYTHON": sys.executable}
        process = subprocess.Popen(
            ["sh", str(SCRIPT)],
            env=command.environment(filled.url, **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + command.WITHIN
        while not Path("begun").exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        ended = command.end(process)
        assert ended.code == 143
        assert steps(ended) == ["backup ended with exit code 143"]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("where", ["crontab", "railway"])
def test_the_documented_schedules(filled: sa.Engine, where: str) -> None:
    """Their commands are run as they stand; when is five fields that cron reads."""
    page = (ROOT / "docs/backup.md").read_text()
    if where == "crontab":
        (line,) = re.findall(r"^    (\d.* nightly\.log 2>&1|\d.*nightly.*)$", page, re.MULTILINE)
        *when, said = line.split(maxsplit=5)
        said = said.replace("/srv/painel", str(Path().absolute()))
    else:
        deploy = json.loads(re.findall(r"```json\n(.*?)\n```", page, re.DOTALL)[0])["deploy"]
        when, said = deploy["cronSchedule"].split(), deploy["startCommand"]
        assert deploy["restartPolicyType"] == "NEVER"
    limits = (59, 23, 31, 12, 7)
    assert len(when) == len(limits)
    assert all(field == "*" or 0 <= int(field) <= limit for field, limit in zip(when, limits, strict=True))
    Path("migrations").symlink_to(ROOT)
    ended = command.of(filled.url, "sh", "-c", said, NIGHTLY_PYTHON=sys.executable)
    assert ended.code == 0, ended
    assert made()[1].made_for == "nightly"
    assert (where == "crontab") == Path("nightly.log").exists()
