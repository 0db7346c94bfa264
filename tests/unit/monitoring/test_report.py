"""Whom a look is told to: what fails is a line of the log, keeps nothing else from being done, and raises nothing."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from homecoming import monitoring
from homecoming.monitoring import metrics
from homecoming.monitoring.report import report
from homecoming.monitoring.snapshot import Snapshot
from homecoming.settings import Settings, read_settings
from tests.support.looks import HEALTHY, WELL


class Alerts:
    """Stands for the alerts, which have tests of their own."""

    def __init__(self) -> None:
        self.told: list[Snapshot] = []
        self.fails: Exception | None = None

    def report(self, settings: Settings, snapshot: Snapshot) -> None:
        assert settings.monitoring.state
        if self.fails is not None:
            raise self.fails
        self.told.append(snapshot)


@pytest.fixture
def alerts(monkeypatch: pytest.MonkeyPatch) -> Alerts:
    stand_in = Alerts()
    module = SimpleNamespace(report=stand_in.report)
    monkeypatch.setitem(sys.modules, f"{monitoring.__name__}.alerts", module)
    monkeypatch.setattr(monitoring, "alerts", module, raising=False)
    return stand_in


def settings(file: Path | None = None) -> Settings:
    return read_settings({"MIGRATION_METRICS_FILE": str(file)} if file else {}, Path("/nowhere"))


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert all(record.levelno == logging.WARNING for record in caplog.records)
    return caplog.messages


@pytest.fixture(autouse=True)
def _heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command line that an earlier test ran keeps our log from pytest."""
    monkeypatch.setattr(logging.getLogger("painel_migrations"), "propagate", True)


def test_the_file_and_the_alerts(tmp_path: Path, alerts: Alerts, caplog: pytest.LogCaptureFixture) -> None:
    report(settings(tmp_path / "homecoming.prom"), HEALTHY, WELL)
    assert (tmp_path / "homecoming.prom").read_bytes() == metrics.exposition(HEALTHY, WELL)
    assert alerts.told == [HEALTHY]
    assert warnings(caplog) == []


def test_without_a_file_only_the_alerts(
    alerts: Alerts, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing of Prometheus is loaded."""
    monkeypatch.setitem(sys.modules, metrics.__name__, None)
    report(settings(), HEALTHY, WELL)
    assert alerts.told == [HEALTHY]
    assert warnings(caplog) == []


def test_a_file_that_cannot_be_written(tmp_path: Path, alerts: Alerts, caplog: pytest.LogCaptureFixture) -> None:
    report(settings(tmp_path / "nowhere" / "homecoming.prom"), HEALTHY, WELL)
    assert warnings(caplog) == ["MIGRATION_METRICS_FILE was not written: No such file or directory"]
    assert alerts.told == [HEALTHY]


def test_what_nobody_foresaw(
    tmp_path: Path, alerts: Alerts, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> bytes:
        raise KeyError("s3nha")

    alerts.fails = ValueError("https://hooks.example/s3nha")
    monkeypatch.setattr(metrics, "exposition", broken)
    report(settings(tmp_path / "homecoming.prom"), HEALTHY, WELL)
    assert warnings(caplog) == [
        "Monitoring failed, the metrics were not written: KeyError",
        "Monitoring failed, no alert was sent: ValueError",
    ]
