"""What a report tells and when: once an hour, once when it is over, by one process of several, and no secret."""

from __future__ import annotations

import logging
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from homecoming.connection.interrupts import Interrupted
from homecoming.errors import NoConnectionError
from homecoming.events import run_named
from homecoming.monitoring import alerts, journal
from homecoming.monitoring.alerts.claims import Claims
from homecoming.monitoring.alerts.webhook import Limits
from homecoming.monitoring.snapshot import Problem, Snapshot
from painel_migrations import __version__
from tests.support import receiver
from tests.support.alerting import (
    BRIEF,
    CPF,
    DATABASE,
    PASSWORD,
    PATIENT,
    SECRET,
    after,
    at_head,
    behind,
    drifted,
    ended,
    settings,
    unreachable,
)
from tests.support.command import WITHIN, environment
from tests.support.receiver import Receiver, slowly, status

pytestmark = pytest.mark.usefixtures("no_proxy")

START = 1_756_728_000.0
"""Noon of 1 September 2025, UTC."""

HOUR = 3600.0
MINUTE = 60.0

Report = Callable[..., list[tuple[str, str]]]
"""Reports a snapshot at some seconds after the start; returns what the webhook got: cause and status."""


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


@pytest.fixture
def report(hook: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Report:
    caplog.set_level(logging.DEBUG)

    def told(
        snapshot: Snapshot, at: float = 0.0, folder: Path = tmp_path, limits: Limits = PATIENT, **variables: str
    ) -> list[tuple[str, str]]:
        before = len(hook.received)
        url = f"http://127.0.0.1:{hook.port}/{SECRET}"
        alerts.report(settings(folder, url, **variables), snapshot, clock=lambda: START + at, limits=limits)
        return [(request.json["cause"], request.json["status"]) for request in hook.received[before:]]

    return told


FIRES = [("drift", "firing")]
IS_OVER = [("drift", "resolved")]


def test_an_alert_in_full(hook: Receiver, report: Report, caplog: pytest.LogCaptureFixture) -> None:
    with run_named("11aa"):
        assert report(drifted()) == FIRES
    (request,) = hook.received
    assert request.json == {
        "cause": "drift",
        "severity": "critical",
        "status": "firing",
        "summary": "The catalogue differs from head in 1 object: check usuarios.ck_cpf",
        "next": "make verify says what, why it matters, and what mends it",
        "database": DATABASE,
        "revision": "0002",
        "head": "0002",
        "run": "11aa",
        "at": "2025-09-01T12:00:00+00:00",
        "version": __version__,
    }
    assert caplog.messages == ["Alert sent: drift (firing)"]


def test_when_it_is_over_nothing_is_left_to_do(hook: Receiver, report: Report) -> None:
    report(drifted())
    assert report(at_head(), MINUTE) == IS_OVER
    last = hook.received[-1].json
    assert (last["summary"], last["next"], last["run"]) == ("The catalogue is equal to head again", "", None)


def test_an_alert_of_a_run_names_that_run(hook: Receiver, report: Report) -> None:
    # A look an hour later is another run.
    with run_named("11aa"):
        assert report(ended("failed")) == [("failure", "firing")]
    assert hook.received[-1].json["run"] == "7a1c"


def test_a_line_is_a_line(hook: Receiver, report: Report) -> None:
    # A name in SQLite may be anything.
    odd = replace(drifted().drift[0], object="a\r\nb\x1b[2J\ud800" + "é" * 1000)
    assert report(replace(at_head(), findings=(odd,))) == FIRES
    summary = hook.received[-1].json["summary"]
    assert summary.startswith("The catalogue differs from head in 1 object: check a b [2J éé")
    assert len(summary) == alerts.LONGEST_LINE
    assert summary.endswith("é…")


def test_a_name_that_is_a_person_s_number_is_not_repeated(hook: Receiver, report: Report) -> None:
    first, *others = drifted().findings
    named = replace(drifted(), findings=(replace(first, object="usuarios.ix 529.982.247-25"), *others))
    assert report(named) == FIRES
    [request] = hook.received
    assert request.json["summary"].endswith("check usuarios.ix •••")


def test_a_database_that_is_well_is_told_to_nobody(report: Report) -> None:
    assert report(at_head()) == []


def test_without_an_address_nothing_is_done(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    alerts.report(settings(tmp_path / "state", ""), drifted())
    assert not (tmp_path / "state").exists()
    assert caplog.messages == []


def test_a_cause_that_lasts_is_told_once_an_hour(report: Report) -> None:
    assert [bool(report(drifted(), at * MINUTE)) for at in range(0, 150, 10)] == [
        at in (0, 60, 120) for at in range(0, 150, 10)
    ]


def test_what_is_over_is_told_once(report: Report) -> None:
    assert report(drifted()) == FIRES
    assert report(at_head(), MINUTE) == IS_OVER
    assert report(at_head(), 2 * MINUTE) == []
    assert report(at_head(), 3 * HOUR) == []


def test_what_comes_and_goes_is_told_once_an_hour(report: Report) -> None:
    assert report(drifted(), 0) == FIRES
    assert report(at_head(), 5 * MINUTE) == IS_OVER
    assert report(drifted(), 10 * MINUTE) == []
    # That nobody was told began, and its end is nobody's either.
    assert report(at_head(), 15 * MINUTE) == []
    assert report(drifted(), 20 * MINUTE) == []
    assert report(drifted(), 60 * MINUTE) == FIRES
    assert report(at_head(), 61 * MINUTE) == []
    assert report(at_head(), 65 * MINUTE) == IS_OVER


def test_what_a_look_cannot_see_is_neither_so_nor_over(report: Report) -> None:
    assert report(drifted()) == FIRES
    assert report(unreachable(), MINUTE) == [("unreachable", "firing")]
    assert report(at_head(), 2 * MINUTE) == [("unreachable", "resolved"), ("drift", "resolved")]


def test_each_cause_has_its_own_hour(report: Report) -> None:
    assert report(ended("failed")) == [("failure", "firing")]
    assert report(replace(drifted(), journal=after("failed", "downgrade")), MINUTE) == FIRES


def test_each_database_has_its_own_hour(report: Report) -> None:
    other = "PostgreSQL painel on other.example:5432"
    assert report(drifted()) == FIRES
    assert report(drifted(other), MINUTE) == FIRES
    assert report(at_head(), 2 * MINUTE) == IS_OVER
    assert report(drifted(other), 3 * MINUTE) == []
    assert report(at_head(other), 4 * MINUTE) == IS_OVER


def test_the_limit_of_being_behind_is_the_settings(report: Report) -> None:
    assert report(behind(3601)) == [("behind", "firing")]
    assert report(behind(3601), MINUTE, MIGRATION_BEHIND_LIMIT="7200") == [("behind", "resolved")]


def test_a_clock_that_was_put_right_silences_nothing(report: Report) -> None:
    assert report(drifted(), 365 * 24 * HOUR) == FIRES
    assert report(drifted(), 0) == FIRES


def test_what_could_not_be_delivered_is_tried_again_by_the_next_report(
    hook: Receiver, report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    hook.answer_with(status(500))
    assert report(drifted()) == 3 * FIRES
    assert caplog.messages == [
        "The alert drift (firing) could not be delivered: it answered 500. The next report tries again"
    ]
    hook.answer_with(status(200))
    assert report(drifted(), MINUTE) == FIRES
    assert report(drifted(), 2 * MINUTE) == []
    hook.answer_with(status(404))
    assert report(at_head(), 3 * MINUTE) == IS_OVER
    hook.answer_with(status(200))
    assert report(at_head(), 4 * MINUTE) == IS_OVER
    assert report(at_head(), 5 * MINUTE) == []


def test_a_claim_is_not_given_back_over_another_ones(hook: Receiver, report: Report, tmp_path: Path) -> None:
    def told_by_another(handler: Any) -> None:
        with journal.opened(tmp_path) as opened:
            opened.execute("UPDATE alerts SET told_at = ?", (START + 1,))
        status(404)(handler)

    hook.answer_with(told_by_another)
    assert report(drifted()) == FIRES
    assert report(drifted(), MINUTE) == []


def test_a_server_that_stalls_takes_its_time_once_for_all_alerts(
    hook: Receiver, report: Report, caplog: pytest.LogCaptureFixture
) -> None:
    hook.answer_with(receiver.stall_before_headers)
    everything = replace(
        drifted(), steps=(replace(at_head().steps[0], edited=True),), journal=after("failed", "downgrade")
    )
    began = time.monotonic()
    report(everything, limits=BRIEF)
    assert time.monotonic() - began < 2 * BRIEF.total + 10
    assert {request.json["cause"] for request in hook.received} == {"failure"}
    assert caplog.messages == [
        "The alert failure (firing) could not be delivered: no answer in time. The next report tries again"
    ]
    hook.answer_with(status(200))
    assert sorted(report(everything, MINUTE)) == [("drift", "firing"), ("edited", "firing"), ("failure", "firing")]


@pytest.fixture
def no_temporary_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even there can a journal be written."""
    monkeypatch.setattr(tempfile, "tempdir", "/proc/nowhere")


def test_a_journal_among_the_temporary_files_keeps_the_limit(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = Path("/proc/nowhere")
    assert report(drifted(), folder=folder) == FIRES
    assert report(drifted(), MINUTE, folder=folder) == []
    assert len(report(at_head(), 2 * MINUTE, folder=folder)) == 1


@pytest.mark.usefixtures("no_temporary_folder")
@pytest.mark.parametrize("place", ["a file", "nowhere", "no database"])
def test_a_journal_that_cannot_be_written_silences_nothing(report: Report, tmp_path: Path, place: str) -> None:
    folder = tmp_path / "state"
    if place == "a file":
        folder.write_text("")
    elif place == "nowhere":
        folder = Path("/proc/nowhere")
    else:
        (folder / journal.FILE).mkdir(parents=True)
    assert report(drifted(), folder=folder) == FIRES
    assert report(drifted(), MINUTE, folder=folder) == FIRES
    # Nobody knows whether anybody was told.
    assert report(at_head(), 2 * MINUTE, folder=folder) == []


def test_a_journal_that_is_held_silences_nothing(report: Report, tmp_path: Path) -> None:
    with journal.opened(tmp_path):
        pass
    holder = sqlite3.connect(tmp_path / journal.FILE, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    assert report(drifted()) == FIRES
    holder.close()


@pytest.mark.usefixtures("no_temporary_folder")
def test_a_journal_that_breaks_on_the_way_silences_nothing(hook: Receiver, report: Report, tmp_path: Path) -> None:
    def breaking(handler: Any) -> None:
        (tmp_path / journal.FILE).unlink()
        (tmp_path / journal.FILE).mkdir()
        status(200)(handler)

    hook.answer_with(breaking, status(200))
    both = replace(drifted(), journal=after("failed", "downgrade"))
    assert report(both) == [("failure", "firing"), ("drift", "firing")]


def test_an_address_that_is_none_is_one_warning(
    report: Report, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    alerts.report(settings(tmp_path, f"gopher://example.org/{SECRET}"), drifted())
    assert caplog.messages == [
        "No alert can be sent: MIGRATION_ALERT_URL is no http or https URL. Copy the webhook's address once more"
    ]


def test_an_unknown_style_is_one_warning(report: Report, caplog: pytest.LogCaptureFixture) -> None:
    assert report(drifted(), MIGRATION_ALERT_STYLE=f"teams-{SECRET}") == []
    style = "MIGRATION_ALERT_STYLE is none of auto, slack, discord, json"
    assert caplog.messages == [f"No alert can be sent: {style}. Unset, it goes by the address of the webhook"]


def test_wrong_rules_are_one_warning(hook: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\n")
    alerts.report(settings(tmp_path, hook.url), drifted(), rules=rules)
    (line,) = caplog.messages
    assert line.startswith("No alert can be sent: rules.toml: rule 1 is to have cause, ")
    assert hook.received == []


def test_what_nobody_foresaw_is_one_warning(
    hook: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_arguments: object) -> None:
        raise RuntimeError(hook.url)

    monkeypatch.setattr(alerts, "post", broken)
    alerts.report(settings(tmp_path, hook.url), drifted())
    assert caplog.messages == ["No alert can be sent: RuntimeError"]


def test_the_end_of_the_command_passes_through_and_leaves_no_claim(
    hook: Receiver, report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_arguments: object) -> None:
        raise Interrupted(signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(alerts, "post", interrupted)
        with pytest.raises(Interrupted):
            report(drifted())
    assert report(drifted(), MINUTE) == FIRES


def test_no_secret_is_told_or_logged(
    hook: Receiver, tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for style in ("json", "slack", "discord"):
        hook.answer_with(status(500), status(200))
        named = settings(
            Path(style), f"http://u:{PASSWORD}@127.0.0.1:{hook.port}/{SECRET}", MIGRATION_ALERT_STYLE=style
        )
        lost = Problem.of(NoConnectionError("the database cannot be reached", "make doctor"))
        for snapshot in (drifted(), ended("failed"), replace(unreachable(), problem=lost), at_head()):
            alerts.report(named, snapshot, limits=PATIENT)
        hook.answer_with(status(400, X_Echo=SECRET))
        alerts.report(named, ended("refused"), limits=PATIENT)
    assert len(hook.received) >= 3 * 7
    bodies = b"".join(request.body for request in hook.received).decode()
    logged = caplog.text + "".join(repr(vars(record)) for record in caplog.records) + "".join(capsys.readouterr())
    for canary in (PASSWORD, SECRET, SECRET.rpartition("/")[2], CPF):
        assert canary not in bodies
        assert canary not in logged
    assert {request.path for request in hook.received} == {f"/{SECRET}"}


def test_of_two_that_both_saw_it_untold_one_may_tell(tmp_path: Path) -> None:
    first, second = (Claims(tmp_path, DATABASE, START) for _ in range(2))
    assert [first.take("drift", True), second.take("drift", True)] == [True, False]
    first.give_back("drift", True)
    assert second.take("drift", True)
    later = [Claims(tmp_path, DATABASE, START + MINUTE) for _ in range(2)]
    assert [claims.take("drift", False) for claims in later] == [True, False]


def _started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a process that reports a drift."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.alerting", str(folder), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=environment("", NO_PROXY="*"),
    )


def test_of_five_processes_at_once_one_tells(hook: Receiver, tmp_path: Path) -> None:
    hook.answer_with(slowly(0.3))
    processes = _started(tmp_path, hook.url, "5")
    said, _ = processes.communicate(timeout=WITHIN)
    assert (processes.returncode, said) == (0, "Alert sent: drift (firing)\n")
    assert len(hook.received) == 1


def test_ctrl_c_while_an_alert_is_sent_ends_the_command(hook: Receiver, report: Report, tmp_path: Path) -> None:
    hook.answer_with(receiver.stall_before_headers)
    process = _started(tmp_path, hook.url)
    deadline = time.monotonic() + WITHIN
    while not hook.received:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=WITHIN)
    assert (process.returncode, said) == (130, "")
    assert len(hook.received) == 1
    hook.answer_with(status(200))
    assert report(drifted()) == FIRES
